"""Requests whose end two readers could see in two places, or that are no HTTP: what each gets, exactly."""

from typing import Final

GET: Final = b"GET /cds-services HTTP/1.1\r\nHost: h\r\n"
POST: Final = b"POST /cds-services/x HTTP/1.1\r\nHost: h\r\n"
SMUGGLED: Final = GET + b"X-Smuggled: 1\r\n\r\n"
"""A request that must not be answered where the one in front of it ends in doubt."""

LAST: Final = GET + b"Connection: close\r\n\r\n"
CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"
NO_SUCH_SERVICE: Final = b'5\r\n{"a":\r\n3\r\n12}\r\n0\r\n\r\n'
LENGTH: Final = b"Content-Length: 8\r\n"
BODY: Final = b'{"a":12}'


def posted(*headers: bytes, body: bytes = BODY) -> bytes:
    return POST + b"Content-Type: application/json\r\n" + b"".join(headers) + b"\r\n" + body


def chunks(body: bytes) -> bytes:
    return posted(CHUNKED, body=body)


REFUSED: Final = (400,)
FRAMINGS: Final[dict[str, tuple[bytes, tuple[int, ...]]]] = {
    # --- two lengths -------------------------------------------------------------------------------
    "a length, then chunks": (posted(LENGTH, CHUNKED, body=b"0\r\n\r\n" + SMUGGLED), REFUSED),
    "chunks, then a length": (
        posted(CHUNKED, b"Content-Length: 4\r\n", body=b"0\r\n\r\n" + SMUGGLED),
        REFUSED,
    ),
    "two lengths that differ": (posted(LENGTH, b"Content-Length: 0\r\n", body=BODY + SMUGGLED), REFUSED),
    "two lengths that agree": (posted(LENGTH, LENGTH, body=BODY + SMUGGLED), REFUSED),
    "a list of lengths": (posted(b"Content-Length: 8, 8\r\n", body=BODY + SMUGGLED), REFUSED),
    "a length in other letters": (posted(b"cOnTeNt-LeNgTh: 8\r\n") + LAST, (404, 200)),
    "a length with blanks around": (posted(b"Content-Length: \t 8 \t\r\n") + LAST, (404, 200)),
    # --- lengths that are none ---------------------------------------------------------------------
    "a length with a plus": (posted(b"Content-Length: +8\r\n", body=BODY + SMUGGLED), REFUSED),
    "a length with a minus": (posted(b"Content-Length: -8\r\n", body=SMUGGLED), REFUSED),
    "a length in base 16": (posted(b"Content-Length: 0x8\r\n", body=BODY + SMUGGLED), REFUSED),
    "a length with an underscore": (posted(b"Content-Length: 0_8\r\n", body=BODY + SMUGGLED), REFUSED),
    "a length with a fraction": (posted(b"Content-Length: 8.0\r\n", body=BODY + SMUGGLED), REFUSED),
    "a length in other digits": (posted("Content-Length: ٨\r\n".encode(), body=BODY + SMUGGLED), REFUSED),
    "a length of two words": (posted(b"Content-Length: 8 8\r\n", body=BODY + SMUGGLED), REFUSED),
    "an empty length": (posted(b"Content-Length:\r\n", body=BODY + SMUGGLED), REFUSED),
    "a length of 20 digits": (posted(b"Content-Length: " + b"9" * 20 + b"\r\n", body=SMUGGLED), (413,)),
    "a length of 5,000 digits": (posted(b"Content-Length: " + b"9" * 5000 + b"\r\n", body=SMUGGLED), REFUSED),
    "a length with a zero byte": (posted(b"Content-Length: 8\x00\r\n", body=BODY + SMUGGLED), REFUSED),
    "a length with a vertical tab": (posted(b"Content-Length:\x0b8\r\n", body=BODY + SMUGGLED), REFUSED),
    # --- names that look like others ---------------------------------------------------------------
    "a blank before the colon of a length": (
        posted(b"Content-Length : 8\r\n", body=BODY + SMUGGLED),
        REFUSED,
    ),
    "a blank before the colon of chunks": (
        posted(LENGTH, b"Transfer-Encoding : chunked\r\n", body=b"0\r\n\r\n" + SMUGGLED),
        REFUSED,
    ),
    "a length with an underscore in its name": (posted(LENGTH, b"Content_Length: 0\r\n") + LAST, (404, 200)),
    "chunks with an underscore in their name": (
        posted(LENGTH, b"Transfer_Encoding: chunked\r\n") + LAST,
        (404, 200),
    ),
    "a control character in a name": (posted(LENGTH, b"X\x01: 1\r\n") + SMUGGLED, REFUSED),
    "a header without a colon": (posted(LENGTH, b"Transfer-Encoding chunked\r\n") + SMUGGLED, REFUSED),
    "a header without a name": (posted(LENGTH, b": chunked\r\n") + SMUGGLED, REFUSED),
    # --- transfer codings --------------------------------------------------------------------------
    "chunks twice": (posted(CHUNKED, CHUNKED, body=NO_SUCH_SERVICE + SMUGGLED), REFUSED),
    "chunks in chunks": (
        posted(b"Transfer-Encoding: chunked, chunked\r\n", body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "chunks of what is not coded": (
        posted(b"Transfer-Encoding: chunked, identity\r\n", body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "not coded, in chunks": (
        posted(b"Transfer-Encoding: identity, chunked\r\n", body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "compressed chunks": (
        posted(b"Transfer-Encoding: gzip, chunked\r\n", body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "an unknown coding": (
        posted(b"Transfer-Encoding: xchunked\r\n", body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "no coding": (posted(LENGTH, b"Transfer-Encoding:\r\n", body=BODY + SMUGGLED), REFUSED),
    "chunks after a comma": (
        posted(b"Transfer-Encoding: ,chunked\r\n", body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "chunks after a vertical tab": (
        posted(b"Transfer-Encoding: \x0bchunked\r\n", body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "chunks in quotes": (
        posted(b'Transfer-Encoding: "chunked"\r\n', body=NO_SUCH_SERVICE + SMUGGLED),
        REFUSED,
    ),
    "chunks in HTTP/1.0": (
        chunks(NO_SUCH_SERVICE).replace(b"HTTP/1.1", b"HTTP/1.0") + SMUGGLED,
        REFUSED,
    ),
    "chunks in other letters": (
        posted(b"tRaNsFeR-eNcOdInG: ChUnKeD\r\n", body=NO_SUCH_SERVICE) + LAST,
        (404, 200),
    ),
    # --- chunks ------------------------------------------------------------------------------------
    "a chunk with an extension": (chunks(b'8;a=b;c="d"\r\n' + BODY + b"\r\n0\r\n\r\n") + LAST, (404, 200)),
    "an extension with a line feed": (chunks(b"8;a\n\r\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED, REFUSED),
    "an extension that ends in a line feed": (chunks(b"8;\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED, REFUSED),
    "extensions of 300 kB": (
        chunks(b"8;" + b"a" * 300_000 + b"\r\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED,
        REFUSED,
    ),
    "a chunk whose size ends in a line feed": (chunks(b"8\n" + BODY + b"\n0\n\n") + SMUGGLED, REFUSED),
    "a chunk size with 0x": (chunks(b"0x8\r\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED, REFUSED),
    "a chunk size with a plus": (chunks(b"+8\r\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED, REFUSED),
    "a chunk size with a minus": (chunks(b"-8\r\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED, REFUSED),
    "a chunk size with a blank": (chunks(b"8 \r\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED, REFUSED),
    "a chunk size of 64 bits and more": (chunks(b"1" + b"0" * 15 + b"8\r\n" + SMUGGLED), (400,)),
    "a chunk longer than its size": (chunks(b"7\r\n" + BODY + b"\r\n0\r\n\r\n") + SMUGGLED, REFUSED),
    "an empty line between chunks": (
        chunks(b'5\r\n{"a":\r\n\r\n3\r\n12}\r\n0\r\n\r\n') + SMUGGLED,
        REFUSED,
    ),
    "a trailer that says a length": (
        chunks(b"8\r\n" + BODY + b"\r\n0\r\nContent-Length: 99\r\n\r\n") + LAST,
        (404, 200),
    ),
    "a trailer with a line feed": (
        chunks(b"8\r\n" + BODY + b"\r\n0\r\nX: 1\n\n" + SMUGGLED),
        REFUSED,
    ),
    "a trailer with a carriage return": (
        chunks(b"8\r\n" + BODY + b"\r\n0\r\nX: 1\r\r\n\r\n" + SMUGGLED),
        REFUSED,
    ),
    "an end of chunks with a line feed": (chunks(b"8\r\n" + BODY + b"\r\n0\n\r\n\r\n" + SMUGGLED), REFUSED),
    "a chunk size with a line feed before its end": (
        chunks(b"8\n\r\n" + BODY + b"\r\n0\r\n\r\n" + SMUGGLED),
        REFUSED,
    ),
    # --- lines -------------------------------------------------------------------------------------
    "a folded header": (posted(LENGTH, b"X: a\r\n Transfer-Encoding: chunked\r\n") + SMUGGLED, REFUSED),
    "a header folded by a tab": (posted(LENGTH, b"X: a\r\n\tb\r\n") + SMUGGLED, REFUSED),
    "a folded length": (posted(b"Content-Length:\r\n 8\r\n", body=BODY + SMUGGLED), REFUSED),
    "a first header that is folded": (
        POST.replace(b"\r\nHost", b"\r\n Host") + LENGTH + b"\r\n" + BODY + SMUGGLED,
        REFUSED,
    ),
    "a header that ends in a line feed": (
        posted(LENGTH, b"X: a\nTransfer-Encoding: chunked\r\n") + SMUGGLED,
        REFUSED,
    ),
    "a header with a carriage return": (
        posted(LENGTH, b"X: a\rTransfer-Encoding: chunked\r\n") + SMUGGLED,
        REFUSED,
    ),
    "a head of line feeds alone": (b"GET /cds-services HTTP/1.1\nHost: h\n\n" + SMUGGLED, REFUSED),
    "a request line that ends in a line feed": (
        b"GET /cds-services HTTP/1.1\nHost: h\r\n\r\n" + SMUGGLED,
        REFUSED,
    ),
    "a zero byte in a header": (posted(LENGTH, b"X: a\x00b\r\n") + SMUGGLED, REFUSED),
    "empty lines before a request": (b"\r\n\r\n" + LAST, (200,)),
    # --- request lines -----------------------------------------------------------------------------
    "no version": (b"GET /cds-services\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "HTTP/0.9": (b"GET /cds-services HTTP/0.9\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "HTTP/1.2": (b"GET /cds-services HTTP/1.2\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "HTTP/2 without its upgrade": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SMUGGLED, REFUSED),
    "a version in small letters": (b"GET /cds-services http/1.1\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "two blanks in the request line": (b"GET  /cds-services HTTP/1.1\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "a tab in the request line": (b"GET\t/cds-services HTTP/1.1\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "a blank in the address": (b"GET /cds-services /x HTTP/1.1\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "an address with half a bracket": (b"GET http://[::1 HTTP/1.1\r\nHost: h\r\n\r\n" + SMUGGLED, REFUSED),
    "no host": (b"GET /cds-services HTTP/1.1\r\n\r\n" + SMUGGLED, REFUSED),
    "two hosts": (GET + b"Host: evil\r\n\r\n" + SMUGGLED, REFUSED),
    "a list of hosts": (GET.replace(b"Host: h", b"Host: h, evil") + b"\r\n" + SMUGGLED, REFUSED),
    "TLS on a plain port": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), REFUSED),
    # --- one behind another ------------------------------------------------------------------------
    "a body on a GET": (GET + b"Content-Length: %d\r\n\r\n" % len(SMUGGLED) + SMUGGLED + LAST, (200, 200)),
    "a body without a length is the next request": (posted() + LAST, (404, 400)),
    "more than the length is the next request": (posted(b"Content-Length: 7\r\n") + LAST, (404, 400)),
    "a half request behind a whole one": (GET + b"\r\n" + POST + b"Content-Le", (200, 400)),
    "a half body behind a whole request": (GET + b"\r\n" + posted(b"Content-Length: 9\r\n"), (200, 400)),
    "an expectation nobody knows": (posted(LENGTH, b"Expect: 200-ok\r\n") + SMUGGLED, REFUSED),
    "another method in a header": (GET + b"X-HTTP-Method-Override: DELETE\r\n\r\n" + LAST, (200, 200)),
    "another address in a header": (
        GET + b"X-Original-URL: /x\r\nX-Rewrite-URL: /x\r\n\r\n" + LAST,
        (200, 200),
    ),
    "a connection header that names the length": (
        posted(LENGTH, b"Connection: Content-Length\r\n") + LAST,
        (404, 200),
    ),
    # --- much --------------------------------------------------------------------------------------
    "a header of 70 kB": (GET + b"X: " + b"a" * 70_000 + b"\r\n\r\n" + SMUGGLED, (431,)),
    "10,000 headers": (GET + b"X: a\r\n" * 12_000 + b"\r\n" + SMUGGLED, (431,)),
    "9,000 headers that fit": (GET + b"X:a\r\n" * 9_000 + b"\r\n" + LAST, (200, 200)),
    "a header name of 70 kB": (GET + b"X" * 70_000 + b": a\r\n\r\n" + SMUGGLED, (431,)),
    "an address of 70 kB": (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n" + SMUGGLED, (431,)),
    "a head without an end": (GET + b"X: " + b"a" * 200_000, (431,)),
}
