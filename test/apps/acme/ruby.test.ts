/** Ruby's acme-client, which keeps every nonce that it sees. */
import { spawnSync } from "node:child_process";
import { it } from "vitest";
import { describeUnless } from "../../support/tools.js";
import { checkChain, openDesk, whyNot } from "./network.js";

const SCRIPT = String.raw`
require "acme-client"
require "socket"
ssl = { ca_file: ARGV[0] }
client = Acme::Client.new(
  private_key: OpenSSL::PKey::EC.generate("prime256v1"),
  directory: "https://localhost:14000/directory", connection_options: { ssl: ssl })
client.new_account(contact: "mailto:admin@app.test", terms_of_service_agreed: true)
order = client.new_order(identifiers: ["app.test"])
challenge = order.authorizations.first.http
server = TCPServer.new("127.0.0.1", 80)
Thread.new do
  loop do
    socket = server.accept
    while (line = socket.gets) && line != "\r\n" do end
    text = challenge.file_content
    socket.write "HTTP/1.1 200 OK\r\nContent-Length: #{text.bytesize}\r\nConnection: close\r\n\r\n#{text}"
    socket.close
  end
end
challenge.request_validation
while %w[pending processing].include?(challenge.status) do sleep 0.05; challenge.reload end
key = OpenSSL::PKey::RSA.new(2048)
csr = Acme::Client::CertificateRequest.new(private_key: key, names: ["app.test"])
order.finalize(csr: csr)
while order.status == "processing" do sleep 0.05; order.reload end
File.write "app.pem", order.certificate
client.account_key_change(new_private_key: OpenSSL::PKey::RSA.new(2048)) or abort "the key stayed"
client.revoke(certificate: OpenSSL::X509::Certificate.new(order.certificate))
begin
  client.revoke(certificate: OpenSSL::X509::Certificate.new(order.certificate))
  abort "revoked twice"
rescue Acme::Client::Error
end
client.account_deactivate
`;

function whyNoClient(): string | undefined {
  const absent = whyNot(["openssl", "ruby"]);
  if (absent) return absent;
  const { status } = spawnSync("ruby", ["-e", 'require "acme-client"']);
  return status === 0 ? undefined : "needs acme-client: apt-get install ruby-acme-client";
}

describeUnless(whyNoClient(), "Ruby's acme-client", () => {
  it("gets a certificate, changes its key, and revokes", async () => {
    const desk = await openDesk();
    desk.write("client.rb", SCRIPT);
    await desk.sh(`ruby client.rb '${desk.home.root}'`);
    await checkChain(desk, "app.pem");
    await desk.acme().waitFor(/^revoked the certificate for app\.test$/m);
  });
});
