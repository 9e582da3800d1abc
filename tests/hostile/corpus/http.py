"""F18 and F19. Bytes at the panel's port that no browser sends, and requests that another site's page would have a browser send."""

from __future__ import annotations

_HOST = b"Host: 127.0.0.1\r\n"
_JSON = b"Content-Type: application/json\r\n"
_AS = b"Authorization: Bearer %TOKEN%\r\n"
_POST = b"POST /api/v1/orders HTTP/1.1\r\n" + _HOST + _AS + _JSON
_GET = b"GET /api/v1/calls HTTP/1.1\r\n" + _HOST + _AS

_METHODS = (
    b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"HEAD", b"PROPFIND", b"MKCOL", b"COPY", b"LOCK", b"PURGE", b"DEBUG",
    b"get", b"Get", b"G\xc3\x8bT", b"", b"GET\t", b"GE\0T", b"A" * 400, b"*", b"/", b"GET GET", b"\xff",
)  # fmt: skip
_TARGETS = (
    b"", b"*", b"/../../etc/passwd", b"/static/../../secrets.json", b"/static/..%2f..%2fsecrets.json", b"/static/%2e%2e/%2e%2e/secrets.json",
    b"/static//etc/passwd", b"/static/%00", b"/static/..\\..\\secrets.json", b"//e.example/", b"http://e.example/", b"https://127.0.0.1/",
    b"/%", b"/%zz", b"/%00", b"/%ff", b"/\xff\xfe", b"/\xea\xb0\x80", b"/" + b"a" * 9000, b"/api/v1/orders/" + b"9" * 400, b"/?" + b"a=b&" * 3000,
    b"/api/v1/orders/1;x=y", b"/api/v1//orders", b"/api/v1/orders/", b"/API/V1/ORDERS", b"/api/v1/orders/%31", b"/api/v2/orders", b"/.git/config",
    b"/.env", b"/console.html", b"/templates/console.html", b"/wp-login.php", b"/cgi-bin/test", b"/api/v1/openapi.json/..", b"/login/../metrics",
    b"/#x", b"/a b", b"/\t", b"javascript:alert(1)", b"/api/v1/recordings/..%2f..%2fsecrets",
)  # fmt: skip
_HEADER_LINES = (
    b"X: " + b"a" * 70_000, b"X" * 70_000 + b": a", b"No-Colon", b": empty", b" folded: x", b"X : blank before colon", b"X:\x00", b"X: \xff\xfe",
    b"X: a\rb", b"X: a\nY: b", b"X\x00Y: a", b"X(Y): a", b"X\tY: a", b"Content-Length: -1", b"Content-Length: +5", b"Content-Length: 5x",
    b"Content-Length: 0x5", b"Content-Length: 1e1", b"Content-Length: ", b"Content-Length: 99999999999999999999999", b"Content-Length: 5, 5",
    b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: \xef\xbc\x95", b"Transfer-Encoding: chunked\r\nContent-Length: 3",
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: \x0bchunked",
    b"Transfer-Encoding : chunked", b"Host: a\r\nHost: b", b"Host: \xff", b"Host: a b", b"Expect: 200-ok", b"Expect: 100-continue, x",
    b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA", b"Connection: " + b"x," * 3000, b"Cookie: " + b"a=b; " * 2000,
    b"Cookie: callboard=\x00", b"Cookie: =;;=", b"Content-Encoding: gzip", b"Content-Encoding: br", b"Content-Encoding: xyz",
    b"Authorization: Bearer", b"Authorization: Bearer \xff", b"Authorization: Basic YTpi", b"Authorization: " + b"x" * 4000,
    b"Idempotency-Key: " + b"k" * 4000, b"Idempotency-Key: \xff", b"Idempotency-Key: ", b"Idempotency-Key: a\tb", b"Range: bytes=0-,0-,0-,0-",
    b"If-Match: *", b"If-Match: x", b"Accept: " + b"*/*," * 2000, b"Accept-Language: " + b"ko;q=9," * 500, b"X-Forwarded-For: 10.0.0.1",
    b"X-Forwarded-Host: e.example", b"X-HTTP-Method-Override: DELETE", b"X-Original-URL: /metrics", b"Forwarded: for=10.0.0.1;host=e.example",
)  # fmt: skip
_BODIES = (
    b"", b"null", b"true", b"1", b'"x"', b"[]", b"{", b"}", b"{}{}", b"[" * 10_000, b"[" * 10_000 + b"]" * 10_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    b'{"origin":{"text":"x"},"fare":NaN}', b'{"origin":{"text":"x"},"fare":-Infinity}', b'{"origin":{"text":"x"},"fare":1e999}',
    b'{"origin":{"text":"x"},"fare":' + b"9" * 20_000 + b"}", b'{"origin":{"text":"x"},"fare":1.5}', b'{"origin":{"text":"x"},"fare":-1}',
    b'{"origin":{"text":"x"},"origin":{"text":"y"}}', b'{"origin":{"text":"\\ud800"}}', b'{"origin":{"text":"\\u0000"}}', b'{"origin":{"text":""}}',
    b'{"origin":{"text":"' + b"x" * 50_000 + b'"}}', b'{"origin":{"text":"x"},"role":"admin"}', b'{"origin":{"text":"x"},"office_id":2}',
    b'{"origin":{"text":"x"},"taken_by":2}', b'{"origin":{"text":"x"},"state":"completed"}', b'{"origin":{"text":"x"},"id":1}', b'{"origin":"x"}',
    b'{"origin":["x"]}', b'{"origin":{"text":["x"]}}', b'{"origin":{"text":1}}', b'{"origin":{"text":"x","lat":"1"}}', b'{"origin":{"text":"x","lat":91}}',
    b'{"origin":{"text":"x"},"call_id":0}', b'{"origin":{"text":"x"},"call_id":9223372036854775808}', b'{"origin":{"text":"x"},"__proto__":{}}',
    b"\xef\xbb\xbf{}", b"\xff\xfe{\0}\0", b"{'origin': 1}", b"<order/>", b"a=b", b"{\"origin\":{\"text\":\"\xc8\xab\xb1\xe6\"}}", b"\x00", b"\x1f\x8b\x08",
    b'{"origin":{"text":"x"}} x', b'{"origin":{"text":"x"},}', b'/* */{}', b'{"\\u006frigin":{"text":"x"},"origin":{"text":"y"}}', b'{"origin":{"$ref":"#"}}',
)  # fmt: skip
_CHUNKS = (
    b"5\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"5;x=y\r\nhello\r\n0\r\n\r\n", b"5\nhello\n0\n\n", b"G\r\nx",
    b"FFFFFFFFFFFFFFFFFF\r\nx", b"99999999999999999999\r\nx", b"5\r\nhelloX\r\n0\r\n\r\n", b"0\r\nX: y\r\n\r\n", b"0\r\nContent-Length: 5\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n", b"5\r\n\r\nhello", b"1;" + b"x" * 70_000 + b"\r\na\r\n0\r\n\r\n", b"1_0\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"\xef\xbc\x95\r\nhello\r\n0\r\n\r\n",
)  # fmt: skip
_HEADS = (
    b"\r\n\r\n\r\n", b"\x00" * 200, b"\xff" * 200, b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1", b"GET /\r\n\r\n", b"GET / HTTP/1.1\n\n", b"GET / HTTP/2.0\r\n" + _HOST + b"\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"GET / HTTQ/1.1\r\n\r\n", b"GET  /  HTTP/1.1\r\n" + _HOST + b"\r\n", b"GET / HTTP/1.1 x\r\n" + _HOST + b"\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"SSH-2.0-x\r\n", b"INVITE sip:x SIP/2.0\r\n\r\n", b"Action: Login\r\n\r\n", b"agi_network: yes\n\n", b"<policy-file-request/>\x00", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
    b"GET / HTTP/1.1\r\n\r\n", b"A" * 100_000,
)  # fmt: skip

RAW: tuple[bytes, ...] = (
    *(method + b" /api/v1/orders HTTP/1.1\r\n" + _HOST + _AS + b"\r\n" for method in _METHODS),
    *(b"GET " + target + b" HTTP/1.1\r\n" + _HOST + _AS + b"\r\n" for target in _TARGETS),
    *(_GET + line + b"\r\n\r\n" for line in _HEADER_LINES),
    *(_POST + line + b"\r\n\r\nhello" for line in _HEADER_LINES),
    *(_POST + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in _BODIES),
    *(b"POST /api/v1/session HTTP/1.1\r\n" + _HOST + _JSON + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in _BODIES[:24]),
    *(_POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks for chunks in _CHUNKS),
    *_HEADS,
    # A second request behind a first one that is read in two ways.
    _POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /api/v1/orders HTTP/1.1\r\n\r\n",
    _POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/calls HTTP/1.1\r\n" + _HOST + b"\r\n",
)  # fmt: skip


# --- F19: headers that another site's page would make a browser send; %OURS% is our own origin, %HOST% its host and port ----

ORIGINS: tuple[str, ...] = (
    "null", "", "http://e.example", "https://e.example", "https://%HOST%", "http://sub.%HOST%", "http://%HOST%.e.example", "http://e.example/%HOST%",
    "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost", "http://[::1]", "http://0.0.0.0", "http://0x7f.1", "http://2130706433", "file://",
    "chrome-extension://abcdefgh", "about:blank", "data:", "blob:%OURS%", "%OURS%/", "%OURS%, %OURS%", "%OURS% http://e.example", " %OURS%x",
    "http://e.example@%HOST%", "http://%HOST%@e.example", "http://xn--127-5n1a:80", "http://127。0。0。1", "ws://%HOST%", "ftp://%HOST%", "http://%HOST%:80",
)  # fmt: skip
SITES: tuple[str, ...] = ("cross-site", "same-site", "", "SAME-ORIGIN", "same-origin, cross-site", "x")
