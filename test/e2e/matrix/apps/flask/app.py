"""An app that wants https and says nothing of a proxy."""
import os

from flask import Flask, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect, generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

CONFIGURATION = os.environ["CONFIGURATION"]

app = Flask(__name__)
app.secret_key = "not a secret: it signs the sessions of one test"
app.config["SESSION_COOKIE_SECURE"] = True
CSRFProtect(app)
if CONFIGURATION == "trusting":
    app.wsgi_app = ProxyFix(app.wsgi_app, x_proto=1)
# The fix goes above.


@app.before_request
def force_https():
    if CONFIGURATION == "forced" and not request.is_secure:
        return redirect(request.url.replace("http://", "https://", 1), code=301)


@app.get("/")
def home():
    if "user" not in session:
        return redirect(url_for("login"))
    return "Hello, " + session["user"]


@app.get("/login/")
def login():
    return '<form method="post"><input name="csrf_token" value="%s"></form>' % generate_csrf()


@app.post("/login/")
def logged_in():
    session["user"] = request.form["user"]
    return redirect(url_for("home", _external=True))


if __name__ == "__main__":
    app.run(port=int(os.environ["PORT"]))
