#!/bin/sh
# Installs the programs that the tests compare devtls with and drive it by. Run it as root.
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
  fish zsh libxml2-utils
