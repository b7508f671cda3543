# frozen_string_literal: true

# The example on a port, with a login that the test decides: the header `X-Login: user customer`. As much of a Rack server as it
# takes, since none comes with Ruby.

require "socket"
require "stringio"

require_relative "../../../examples/backend/ruby/routes"

APP = CancelRoutes.new

def serve(client)
  method, path = client.gets.to_s.split(" ")
  return unless path

  headers = {}
  while (line = client.gets&.chomp) && !line.empty?
    name, value = line.split(": ", 2)
    headers[name.downcase] = value
  end
  body = client.read(headers["content-length"].to_i)
  login = headers["x-login"] && %w[user_id customer_id].zip(headers["x-login"].split(" ")).to_h
  path, query = path.split("?", 2)
  env = { "REQUEST_METHOD" => method, "PATH_INFO" => path, "QUERY_STRING" => query.to_s,
          "rack.input" => StringIO.new(body), "rack.session" => { "login" => login }.compact }
  status, fields, content = APP.call(env)
  content = content.join
  fields = fields.merge("content-length" => content.bytesize, "connection" => "close")
  client.write("HTTP/1.1 #{status} -\r\n", fields.map { |name, value| "#{name}: #{value}\r\n" }.join, "\r\n", content)
ensure
  client.close
end

server = TCPServer.new("127.0.0.1", Integer(ENV.fetch("PORT")))
loop { Thread.new(server.accept) { |client| serve(client) } }
