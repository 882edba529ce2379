#!/bin/sh
# Installs the programs that the tests compare devtls with and drive it by. Run it as root.
# With --apps also the applications of `npm run test:apps`: WordPress, MediaWiki and others.
set -eu
export DEBIAN_FRONTEND=noninteractive

# The tests start servers themselves, on free ports; none of them is to run as a service.
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod +x /usr/sbin/policy-rc.d
  trap 'rm -f /usr/sbin/policy-rc.d' EXIT
fi

apt-get update -q
apt-get install -q -y --no-install-recommends \
  ca-certificates openssl curl procps wget git python3 sudo \
  gnutls-bin libnss3-tools default-jre-headless mkcert \
  chromium firefox-esr \
  python3-django gunicorn python3-flask python3-flaskext.wtf php-cli \
  uvicorn python3-starlette python3-itsdangerous python3-websockets \
  nginx-light apache2 haproxy caddy \
  certbot lego dehydrated acme-tiny uacme ruby-acme-client pebble iproute2 util-linux \
  zbar-tools librsvg2-bin avahi-daemon avahi-utils libnss-mdns dbus \
  fish zsh mmdebstrap ruby puma libxml2-utils sslscan testssl.sh \
  lighttpd lighttpd-mod-openssl stunnel4

if [ "${1-}" = --apps ]; then
  apt-get install -q -y --no-install-recommends \
    apache2 libapache2-mod-php php-mysql php-sqlite3 php-xml php-mbstring php-gd mariadb-server \
    wordpress wordpress-theme-twentytwentythree mediawiki dokuwiki \
    redmine redmine-sqlite sqlite3 jupyter-notebook python3-ipykernel \
    phpmyadmin roundcube-core roundcube-sqlite3 ruby-sinatra \
    libmojolicious-perl libdancer2-perl \
    python3-cherrypy3 python3-tornado python3-aiohttp python3-bottle
fi
