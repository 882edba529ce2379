/** Coming from another tool: what was typed there, and what is typed here. */
export const MIGRATE = `Coming from another tool

runsslserver, runserver_plus (Django)
  python manage.py runsslserver 8000   devtls serve -- python manage.py runserver {port}
  Nothing in INSTALLED_APPS; the certificate is trusted. The app is told of https by
  headers, as in production: set SECURE_PROXY_SSL_HEADER, or give --https-env for what
  reads HTTPS.

mkcert with nginx
  mkcert localhost                     devtls cert localhost
  The same file names, so an nginx configuration that names them goes on working. What
  differs: P-256 instead of RSA (--rsa for that), an authority limited to local names,
  PKCS#12 files that others cannot read, *.localhost refused because clients refuse it.
  Without nginx: devtls serve --target 8000 --simulate nginx-proxy-params
  To go on with mkcert's root: devtls ca import --from mkcert

local-ssl-proxy
  local-ssl-proxy --source 9001 --target 9000
                                       devtls serve --port 9001 --target 9000
  The certificate is this machine's own, instead of one that everybody has the key of;
  HTTP/2 comes with it.

Caddy
  caddy reverse-proxy --from localhost:8443 --to :8000
                                       devtls serve --target 8000
  handle_path /api/* becomes --route /api=3001, without the prefix taken off. To see what
  Caddy tells the app in production: --simulate caddy

vite-plugin-mkcert, @vitejs/plugin-basic-ssl
  plugins: [mkcert()]                  plugins: [devtls()], from "devtls/vite"
  Nothing is downloaded at the first start, and nothing is trusted without devtls trust.`;
