"""A login, and a page for those who have logged in."""
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from django.views.csrf import csrf_failure

FORM = '<form method="post"><input type="hidden" name="csrfmiddlewaretoken" value="%s"></form>'


def home(request):
    if "user" not in request.session:
        return HttpResponseRedirect("/login/")
    return HttpResponse("Hello, %s" % request.session["user"])


def login(request):
    if request.method == "POST":
        request.session["user"] = request.POST["user"]
        return HttpResponseRedirect("/")
    return HttpResponse(FORM % get_token(request))


def origin_check(get_response):
    """What CsrfViewMiddleware does with Origin since Django 4.0; Debian has 3.2."""

    def middleware(request):
        origin = request.META.get("HTTP_ORIGIN")
        own = "%s://%s" % (request.scheme, request.get_host())
        allowed = [own, *settings.CSRF_TRUSTED_ORIGINS]
        if request.method == "POST" and origin is not None and origin not in allowed:
            reason = "Origin checking failed - %s does not match any trusted origins." % origin
            return csrf_failure(request, reason=reason)
        return get_response(request)

    return middleware


urlpatterns = [path("", home), path("login/", login)]
application = get_wsgi_application()
