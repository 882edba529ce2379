/** The echo for Ruby: a Rack application, or a server. */
export const RUBY = String.raw`# frozen_string_literal: true

# devtls echo: shows who holds the token what reaches an app behind an edge. Remove it afterwards.
# A server by itself:  HOST=0.0.0.0 PORT=8080 ruby echo.rb
# In an app (Rack):    run DevtlsEcho, or mount DevtlsEcho, at: "/devtls-echo"
require "digest"
require "json"
require "socket"

module DevtlsEcho
  TOKEN = "@TOKEN@"
  STOP = Time.now + 3600
  HIDDEN = %w[content-length transfer-encoding connection keep-alive te upgrade expect proxy-connection].freeze
  SHOWN_BY_RACK = { order: false, case: false, duplicates: false, target: false, version: false, hidden: HIDDEN }.freeze
  SHOWN_BY_SOCKET = { order: true, case: true, duplicates: true, target: true, version: true, hidden: [] }.freeze

  module_function

  # Number and reply, for who holds the token.
  def control(value)
    token, number, reply = value.split(" ")
    return nil if Time.now > STOP || !same?(Digest::SHA256.digest(token.to_s), Digest::SHA256.digest(TOKEN))

    wanted = reply ? JSON.parse(reply.tr("-_", "+/").unpack1("m")) : {}
    [number.to_i, wanted]
  rescue JSON::ParserError
    [number.to_i, {}]
  end

  # In a time that tells nothing; both are digests.
  def same?(left, right)
    left.bytes.zip(right.bytes).reduce(0) { |sum, (a, b)| sum | (a ^ b) }.zero?
  end

  def text(octets)
    octets.dup.force_encoding(Encoding::ISO_8859_1).encode(Encoding::UTF_8)
  end

  # Status, header pairs and body of the answer.
  def respond(control, request, host)
    number, reply = control
    report = JSON.generate({ devtls: 1, number: number }.merge(request))
    sleep([reply.fetch("delayMs", 0), 600_000].min / 1000.0)
    lines = [["content-type", "application/json"], ["cache-control", "no-store"]]
    lines += reply.fetch("lines", []).map { |value| value.gsub("{target}", host) }.each_slice(2).to_a
    if request[:method] == "HEAD"
      lines << ["x-devtls-report", [report].pack("m0")]
      report = ""
    else
      lines << ["content-length", report.bytesize.to_s]
    end
    [reply.fetch("status", 200), lines, report]
  end

  # The body's first octet, and after a pause, where one is wanted, the rest.
  Slowly = Struct.new(:body, :pause) do
    def each
      yield body[0, 1].to_s
      sleep([pause, 600_000].min / 1000.0)
      yield body[1..].to_s
    end
  end

  # Rack: the server has read the request, and does not show all of it.
  def call(env)
    allowed = control(env["HTTP_X_DEVTLS_ECHO"].to_s)
    return [404, { "content-length" => "0" }, []] if allowed.nil?

    headers = env.select { |name, _| name.start_with?("HTTP_") && name != "HTTP_VERSION" }
    pairs = headers.map { |name, value| [name[5..].downcase.tr("_", "-"), text(value)] }
    pairs << ["content-type", text(env["CONTENT_TYPE"])] unless env["CONTENT_TYPE"].to_s.empty?
    target = env["REQUEST_URI"]
    status, lines, body = respond(allowed, {
      method: env["REQUEST_METHOD"], target: text(target.to_s), version: "", headers: pairs,
      octets: env["rack.input"] ? env["rack.input"].read.to_s.bytesize : 0,
      peer: env["REMOTE_ADDR"].to_s, shows: SHOWN_BY_RACK.merge(target: !target.nil?)
    }, env["HTTP_HOST"].to_s)
    own = lines.group_by { |name, _| name.downcase }.transform_values { |all| all.map(&:last) }
    [status, own.transform_values { |all| all.length == 1 ? all.first : all }, Slowly.new(body, allowed[1].fetch("pauseMs", 0))]
  end

  # A server: the request as it came.
  def serve(host, port)
    server = TCPServer.new(host, port)
    warn "devtls echo on #{server.addr[3]}:#{server.addr[1]} for an hour"
    Thread.new { sleep(STOP - Time.now) && exit!(0) }
    loop { Thread.new(server.accept) { |socket| answer(socket) } }
  end

  def answer(socket)
    method, target, protocol = socket.gets("\r\n").to_s.chomp.split(" ")
    return if protocol.nil?

    headers = []
    while (line = socket.gets("\r\n").to_s.chomp) != ""
      name, value = line.split(":", 2)
      headers << [text(name), text(value.to_s.gsub(/\A[ \t]+|[ \t]+\z/n, ""))]
    end
    names = headers.to_h { |name, value| [name.downcase, value] }
    socket.write("HTTP/1.1 100 Continue\r\n\r\n") if names["expect"].to_s.downcase == "100-continue"
    octets = body_of(socket, names)
    allowed = control(names["x-devtls-echo"].to_s)
    return socket.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n") if allowed.nil?

    status, lines, body = respond(allowed, {
      method: method, target: text(target), version: protocol.delete_prefix("HTTP/"), headers: headers,
      octets: octets, peer: socket.peeraddr[3], shows: SHOWN_BY_SOCKET
    }, names["host"].to_s)
    head = lines.map { |name, value| "#{name}: #{value}\r\n" }.join
    socket.write("HTTP/1.1 #{status} Said So\r\n#{head}Connection: close\r\n\r\n")
    Slowly.new(body, allowed[1].fetch("pauseMs", 0)).each { |piece| socket.write(piece) }
  ensure
    socket.close
  end

  def body_of(socket, names)
    return socket.read(names["content-length"].to_i).to_s.bytesize unless names["transfer-encoding"].to_s.downcase == "chunked"

    octets = 0
    loop do
      size = socket.gets("\r\n").to_i(16)
      octets += socket.read(size).to_s.bytesize if size.positive?
      socket.gets("\r\n")
      return octets if size.zero?
    end
  end
end

DevtlsEcho.serve(ENV.fetch("HOST", "127.0.0.1"), ENV.fetch("PORT", "8080").to_i) if $PROGRAM_NAME == __FILE__
`;
