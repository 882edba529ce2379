/** How `serve --lan` brings the app to a phone, and what keeps others out. */
export const PHONE = `The app on a phone: devtls serve --target 5173 --lan

  Scan the QR code with the phone's camera (same Wi-Fi). The page that opens leads through trusting
  the certificate, each step in words and a picture: iPhone and iPad (a profile, then the switch in
  Certificate Trust Settings that everybody misses), Android (Firefox there has a switch of its own),
  Windows, macOS, Linux. A mark shows whether it is trusted now; then the app, over https, with hot
  reload. The code is on the terminal, and with --lan-qr FILE an SVG.

By address and by name
  The address always works. NAME.local (--lan-name, else the project's name) is answered for by
  multicast DNS, on IPv4, on every system devtls runs on; where another machine has the name, this
  one becomes NAME-2. iOS knows such names; Android from 13 on, some makers' do not.
  Another network, or a new address: devtls notices, issues a certificate and prints a new code.

Who gets in
  Only private addresses are listened on, and who comes from there gets nothing of the app, nor of
  its hot reload, before pairing: each code pairs one browser, once, within --lan-open minutes
  (default 10); then there is a new code for the next device. The inspector and plain HTTP
  (--http-port) stay on this machine. Wrong codes are counted and refused after ten a minute.
  The page that the code opens is plain HTTP, as no certificate is trusted yet. Compare the root's
  fingerprint on the phone with the one in the terminal; a code belongs to the first address that
  opens it, and devtls says so when another one tries.

What breaks on a phone
  A page that names localhost means the phone there: devtls reports it (local-network-url).
  Dev servers that check host names: Vite takes addresses, and NAME.local when devtls starts it
  (devtls serve --lan -- npm run dev); otherwise server.allowedHosts. Next: allowedDevOrigins.

Tested with curl, Chromium and avahi as the phone in a network namespace of its own, the profile with
Python's plistlib and OpenSSL. iOS, iPadOS and Android themselves were not run.`;
