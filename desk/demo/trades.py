"""What a demo of each trade is called, and what its callers say where the form asks more than a way and a fare."""

from __future__ import annotations

import random

from desk.trades import Trade

_FIRMS = {
    "proxy": "callboard 대리운전",
    "taxi": "callboard 콜택시",
    "courier": "callboard 퀵서비스",
    "repair": "callboard 출장수리",
}
_SAID = {
    "passengers": ("1명", "2명", "3명, 큰 가방", "4명"),
    "recipient": ("1층 안내", "3층 경리부 김 대리", "경비실", "문 앞에 두고 문자"),
    "parcel": ("서류봉투", "작은 상자", "꽃바구니", "옷 한 벌", "큰 상자 둘"),
    "device": ("냉장고", "세탁기", "에어컨", "보일러", "텔레비전"),
    "trouble": ("물이 샘", "안 켜짐", "소리가 큼", "차갑지 않음", "오류 표시"),
}


def firm(trade: Trade) -> str:
    """The demo office's name."""
    return _FIRMS.get(trade.name, f"callboard {trade.name}")


def details(trade: Trade, chance: random.Random) -> dict[str, str]:
    """What the caller of one order said, in each field that only this trade asks."""
    return {field.name: chance.choice(_SAID.get(field.name, (field.name,))) for field in trade.own_fields}
