"""An app that wants https and says nothing of a proxy."""
import os
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.httpsredirect import HTTPSRedirectMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from starlette.routing import Route, WebSocketRoute

SECRET = "not a secret: it signs the sessions of one test"


async def home(request):
    if "user" not in request.session:
        return RedirectResponse("/login", status_code=302)
    return PlainTextResponse("Hello, " + request.session["user"])


async def login(request):
    if request.method == "GET":
        return HTMLResponse('<form method="post"><input name="user"></form>')
    fields = parse_qs((await request.body()).decode())
    request.session["user"] = fields["user"][0]
    return RedirectResponse(request.url_for("home"), status_code=302)


async def live(socket):
    if "user" not in socket.session:
        await socket.close()
        return
    await socket.accept()
    await socket.send_text("Hello, live")
    await socket.close()


middleware = [Middleware(SessionMiddleware, secret_key=SECRET, https_only=True)]
if os.environ["CONFIGURATION"] == "forced":
    middleware.insert(0, Middleware(HTTPSRedirectMiddleware))
routes = [
    Route("/", home),
    Route("/login", login, methods=["GET", "POST"]),
    WebSocketRoute("/live", live),
]
app = Starlette(routes=routes, middleware=middleware)
