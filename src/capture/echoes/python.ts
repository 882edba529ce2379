/** The echo for Python: a WSGI application, or a server. */
export const PYTHON = String.raw`"""devtls echo: shows who holds the token what reaches an app behind an edge. Remove it afterwards.

A server by itself:  HOST=0.0.0.0 PORT=8080 python3 echo.py
In an app (WSGI):    gunicorn echo:application, or mount echo.application under /devtls-echo
"""
import base64
import hashlib
import hmac
import json
import os
import socketserver
import sys
import threading
import time

TOKEN = "@TOKEN@"
END = time.time() + 60 * 60
SHOWN_BY_WSGI = {
    "order": False, "case": False, "duplicates": False, "target": False, "version": False,
    "hidden": ["content-length", "transfer-encoding", "connection", "keep-alive", "te", "upgrade", "expect",
               "proxy-connection"],
}
SHOWN_BY_SOCKET = {"order": True, "case": True, "duplicates": True, "target": True, "version": True, "hidden": []}


def control(value):
    """Number and reply, for who holds the token."""
    parts = value.split(" ")
    given = hashlib.sha256(parts[0].encode("latin-1", "replace")).digest()
    own = hashlib.sha256(TOKEN.encode("ascii")).digest()
    if time.time() > END or not hmac.compare_digest(given, own):
        return None
    reply = {}
    if len(parts) > 2:
        try:
            reply = json.loads(base64.urlsafe_b64decode(parts[2] + "=" * (-len(parts[2]) % 4)))
        except ValueError:
            pass
    return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0, reply


def respond(number, reply, method, target, version, headers, octets, peer, shows, host):
    """Status, header pairs and body of the answer."""
    report = json.dumps({
        "devtls": 1, "number": number, "method": method, "target": target, "version": version,
        "headers": headers, "octets": octets, "peer": peer, "shows": shows,
    }, separators=(",", ":")).encode("ascii")
    time.sleep(min(reply.get("delayMs", 0), 600000) / 1000)
    lines = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
    texts = [str(text).replace("{target}", host) for text in reply.get("lines", [])]
    lines += zip(texts[0::2], texts[1::2])
    if method == "HEAD":
        lines.append(("X-Devtls-Report", base64.b64encode(report).decode("ascii")))
        report = b""
    else:
        lines.append(("Content-Length", str(len(report))))
    return "%d Said So" % reply.get("status", 200), lines, report


def slowly(body, reply):
    """The body's first octet, and after a pause, where one is wanted, the rest."""
    yield body[:1]
    time.sleep(min(reply.get("pauseMs", 0), 600000) / 1000)
    yield body[1:]


def application(environ, start_response):
    allowed = control(environ.get("HTTP_X_DEVTLS_ECHO", ""))
    if allowed is None:
        start_response("404 Not Found", [("Content-Length", "0")])
        return [b""]
    octets = 0
    stream = environ["wsgi.input"]
    left = environ.get("CONTENT_LENGTH")
    if left:
        octets = len(stream.read(int(left)))
    elif "HTTP_TRANSFER_ENCODING" in environ:
        octets = len(stream.read())
    headers = [[name[5:].lower().replace("_", "-"), value]
               for name, value in environ.items() if name.startswith("HTTP_")]
    if environ.get("CONTENT_TYPE"):
        headers.append(["content-type", environ["CONTENT_TYPE"]])
    shows = dict(SHOWN_BY_WSGI)
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if target:
        shows["target"] = True
    status, lines, body = respond(
        *allowed, environ["REQUEST_METHOD"], target or "", "", headers, octets,
        environ.get("REMOTE_ADDR", ""), shows, environ.get("HTTP_HOST", ""))
    start_response(status, lines)
    return slowly(body, allowed[1])


class Raw(socketserver.StreamRequestHandler):
    """Reads the request itself, so that nothing of it is mended."""

    timeout = 60

    def handle(self):
        line = self.rfile.readline(65536).decode("latin-1").rstrip("\r\n")
        if line.count(" ") != 2:
            return
        method, target, protocol = line.split(" ")
        headers = []
        while True:
            text = self.rfile.readline(65536).decode("latin-1").rstrip("\r\n")
            if not text:
                break
            name, _, value = text.partition(":")
            headers.append([name, value.strip(" \t")])
        names = {name.lower(): value for name, value in headers}
        if names.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        octets = 0
        if names.get("transfer-encoding", "").lower() == "chunked":
            while True:
                size = int(self.rfile.readline().split(b";")[0], 16)
                octets += len(self.rfile.read(size))
                self.rfile.readline()
                if size == 0:
                    break
        elif names.get("content-length"):
            octets = len(self.rfile.read(int(names["content-length"])))
        allowed = control(names.get("x-devtls-echo", ""))
        if allowed is None:
            self.wfile.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        status, lines, body = respond(
            *allowed, method, target, protocol.replace("HTTP/", ""), headers, octets,
            self.client_address[0], SHOWN_BY_SOCKET, names.get("host", ""))
        head = "HTTP/1.1 %s\r\n%s\r\nConnection: close\r\n\r\n" % (
            status, "\r\n".join("%s: %s" % pair for pair in lines))
        self.wfile.write(head.encode("latin-1"))
        for piece in slowly(body, allowed[1]):
            self.wfile.write(piece)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    with Server((os.environ.get("HOST", "127.0.0.1"), int(os.environ.get("PORT", "8080"))), Raw) as server:
        print("devtls echo on %s:%d for an hour" % server.server_address[:2], file=sys.stderr, flush=True)
        threading.Timer(END - time.time(), lambda: os._exit(0)).start()
        server.serve_forever()
`;
