/** What devtls changes on a machine, and why a root key of it is no danger to one's bank. */
export const SECURITY = `What devtls changes on this machine, and how to undo it

  the authority, its key and the certificates of serve
    in ~/.local/share/devtls (macOS ~/Library/Application Support/devtls, Windows
    %LOCALAPPDATA%\\devtls), or $DEVTLS_HOME          undone by: devtls ca delete
  what Node compiled of devtls, beside it in its package (*.compiled; none with
    NODE_DISABLE_COMPILE_CACHE=1)                     undone by: npm uninstall
  by devtls trust only, after a question or --yes       undone by: devtls untrust
    the system's store (Debian: /usr/local/share/ca-certificates, update-ca-certificates)
    NSS databases: ~/.pki/nssdb, ~/.local/share/pki/nssdb, Firefox profiles
    Firefox where certutil is missing: /etc/firefox/policies/policies.json
    Java: cacerts of each JDK found

devtls trust --dry-run prints the commands. devtls untrust removes exactly this authority, by
fingerprint. Debian's stores, NSS, Java, the Firefox policy and sudo are tested with the real
programs; Fedora, Arch, openSUSE, NixOS, macOS, Windows and WSL by simulated commands only.

Can you trust it with a root key?
  The authority can sign local names only: localhost, .test, .local, .internal, .home.arpa, and
  loopback, private, link-local and unique-local addresses. The root says so itself (name
  constraints, for hosts, addresses, mail and URIs; for TLS only), and OpenSSL, curl, Node, Python,
  GnuTLS, NSS, Chromium and Firefox enforce it: who steals the key still cannot be your bank.
  What is not enforced: by Java, nothing of a root; by GnuTLS, URIs and what a certificate is for;
  by NSS, the latter. devtls refuses to sign anything else, too; devtls ca create --permit
  example.test makes a wider authority.
  The key stays in the state directory (mode 0700), readable by you alone.
  devtls ca create --burn-root forgets the root's key once it has signed one intermediate.
  devtls ca rotate replaces the authority wherever it is used; interrupted, run it again.
  devtls ca import --from mkcert|caddy|FILE signs with a root that is trusted already.
  devtls serve listens on loopback only, and answers only for hosts that its certificate covers.
  With --lan also on private addresses, for devices that have paired: devtls help phone.`;
