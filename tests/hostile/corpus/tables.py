"""F14. Files that are said to be tables: formulas in cells, quotes that never end, columns without end, zips that unfold, other kinds."""

from __future__ import annotations

import io
import itertools
import zipfile

FORMULAS: tuple[str, ...] = (
    "=1+1", "=cmd|'/c calc'!A0", "=HYPERLINK(\"http://example.invalid\",\"x\")", "+1+1", "-1+1", "@SUM(1)", "=IMPORTXML(1,2)",
    "=WEBSERVICE(\"http://example.invalid\")", "\t=1+1", "=DDE(\"a\";\"b\";\"c\")", "=1+1\u200b", "＝1+1", "'=1+1", "''", "-",
    "+", "=", "@", "%0A=1+1", "=\u00001", ";=1+1", "\u3000=1+1", "=A1:Z99999", "=REPT(\"x\",32767)", "=RAND()", "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0", "=2+5+cmd|'/C calc'!A0", "=IF(1,1,1)", "=\"x\"&1",
)  # fmt: skip
"""Names of customers that a spreadsheet would compute."""
_HEADS = ("이름,전화", "name,number", "name,source", "from,to,fare,both", "day,name,kind", "기사번호,성명,휴대폰")
_ODD_CELLS = (
    "x" * 100_000, '"' * 999, '"a', 'a"b', "a\rb", "a\x00b", "\x1b[2J", "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "a,b,c,d,e", "1e309", "-1", "NaN", "0" * 400, "２０２６-11-20", "9999-99-99", "<b>x</b>", "${x}", "{{7*7}}", "../../x", "' or 1=1 --",
)  # fmt: skip


def _zip(*members: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in members:
            archive.writestr(name, raw)
    return out.getvalue()


def bomb() -> bytes:
    """A workbook as spreadsheets write it, whose one sheet is a few hundred kilobytes and unpacks to 300 MB."""
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    return _zip(
        ("[Content_Types].xml", types),
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/worksheets/sheet1.xml", b" " * 300_000_000),
    )


_ODD_BYTES: tuple[bytes, ...] = (
    b"", b"\0", b"\n" * 1000, b"," * 1000, b"\xff\xfe", b"\xfe\xff\0a", b"\xef\xbb\xbf", b"\xef\xbb\xbfname,number\n", b"\x80\x81\x82",
    "이름,전화\n김,010".encode("utf-16"), "이름,전화\n김,010".encode("utf-32"), "이름,전화\n김철수,01055501234\n".encode("cp949"),
    b"name;number\nx;010\n", b"name\tnumber\nx\t010\n", b"name|number\nx|010\n", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18,
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512, b"%PDF-1.7", b"<?xml version='1.0'?><x/>", b"<table><tr><td>x</td></tr></table>",
    b"GIF89a", b"MZ", b"{}", b"name,number\r\n" + b"x," * 70 + b"\r\n", b"a" * 3_000_000, b"name,number\n" + b"x,010\n" * 60_000,
    b"name,number\n" + b",".join(b"x" for _ in range(100_000)), _zip(("x", b"")), _zip(("xl/workbook.xml", b"<workbook/>")),
    _zip(("xl/workbook.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><workbook>&a;</workbook>"), ("[Content_Types].xml", b"<Types/>")),
    _zip(("xl/worksheets/sheet1.xml", b"0" * 60_000_000)), _zip(("../../../tmp/canary", b"x"), ("xl/workbook.xml", b"<workbook/>")),
    _zip(*((f"xl/{n}.xml", b"x") for n in range(2_000))), _zip(("content.xml", b"<x/>"), ("mimetype", b"application/vnd.oasis")),
)  # fmt: skip
FILES: tuple[bytes, ...] = (
    *_ODD_BYTES,
    *(
        f"{head}\n{cell},{cell},{cell}\n".encode("utf-8", "replace")
        for head, cell in itertools.product(_HEADS, _ODD_CELLS)
    ),
)
