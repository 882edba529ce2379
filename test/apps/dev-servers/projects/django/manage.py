"""A Django project in one file."""
import sys

from django.conf import settings

settings.configure(
    DEBUG=True, SECRET_KEY="of one test", ROOT_URLCONF=__name__, ALLOWED_HOSTS=["localhost"]
)

from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path

PAGE = "<!doctype html><title>Django</title><h1>first</h1>"

urlpatterns = [path("", lambda request: HttpResponse(PAGE))]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
