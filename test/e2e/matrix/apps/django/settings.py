"""An app that wants https and says nothing of a proxy. What a fix adds goes to the end."""
import os

CONFIGURATION = os.environ["CONFIGURATION"]

SECRET_KEY = "not a secret: it signs the sessions of one test"
DEBUG = True
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
INSTALLED_APPS = ["django.contrib.sessions"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
if CONFIGURATION == "origin-check":
    MIDDLEWARE.append("pages.origin_check")
ROOT_URLCONF = "pages"
WSGI_APPLICATION = "pages.application"
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SECURE_SSL_REDIRECT = CONFIGURATION == "forced"
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
if CONFIGURATION == "trusting":
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
