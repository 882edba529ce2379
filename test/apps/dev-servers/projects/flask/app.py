"""A Flask application in one file."""
from flask import Flask

app = Flask(__name__)


@app.get("/")
def page():
    return "<!doctype html><title>Flask</title><h1>first</h1>"
