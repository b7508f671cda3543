# frozen_string_literal: true

require "json"
require "net/http"
require "openssl"

# Whether a result is genuine, and what it says. Nothing but the standard library.
class ResultTokens
  # Nothing to act on: malformed, forged, expired, or of another brand. The message is for your log.
  class Refused < StandardError; end

  KEEP = 3600 # seconds until known keys are fetched again
  PAUSE = 10 # seconds between two fetches, however many tokens name a key that nobody knows
  TOKEN = /\A[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}\z/
  # An Ed25519 key in DER is these bytes and the key (RFC 8410).
  DER = ["302a300506032b6570032100"].pack("H*").freeze

  # `server` is Farewell's address, the `public_url` of its configuration; `brand` is your slug.
  def initialize(server, brand)
    @server = server.chomp("/")
    @brand = brand
    @lock = Mutex.new
    @keys = {}
    @asked = -Float::INFINITY
  end

  # Offline: what the token says, as of when it was signed.
  def verify(token)
    unless token.is_a?(String) && token.ascii_only? && token.size <= 8192 && TOKEN.match?(token)
      raise Refused, "this is not a token"
    end
    header, claims, signature = token.split(".")
    named = object(header)
    # One algorithm and one type. Whoever sends a token has no say in how it is checked.
    unless named["alg"] == "EdDSA" && named["typ"] == "JWT" && !named.key?("crit")
      raise Refused, "this is not a result token"
    end
    key = key(named["kid"])
    raise Refused, "the signature is wrong" unless key.verify(nil, bytes(signature), "#{header}.#{claims}")

    result = object(claims)
    raise Refused, "it is from another server" unless result["iss"] == @server
    raise Refused, "it is of another brand" unless result["aud"] == @brand
    raise Refused, "it has expired" unless result["exp"].is_a?(Integer) && result["exp"] > Time.now.to_i

    result
  end

  # By asking: what has become of it as of now.
  def ask(token)
    answer = post("/api/public/cancel/result", { token: token, brand: @brand })
    raise Refused, JSON.parse(answer.body)["error"] if %w[400 401 413].include?(answer.code)

    parsed(answer)
  end

  # A question to Farewell.
  def post(path, body, headers = {})
    http { |http| http.post(path, JSON.generate(body), { "Content-Type" => "application/json" }.merge(headers)) }
  end

  # The content of an answer that is none of an error.
  def parsed(answer)
    raise IOError, "Farewell answers #{answer.code}" unless answer.is_a?(Net::HTTPOK)

    JSON.parse(answer.body)
  end

  private

  def http(&question)
    uri = URI(@server)
    times = { open_timeout: 5, read_timeout: 5, write_timeout: 5 }
    Net::HTTP.start(uri.host, uri.port, use_ssl: uri.scheme == "https", **times, &question)
  end

  def now = Process.clock_gettime(Process::CLOCK_MONOTONIC)

  def key(kid)
    # Whoever comes meanwhile waits for the same answer. Keys that are known hold also where there is none.
    @lock.synchronize do
      if now - @asked > (@keys.key?(kid) ? KEEP : PAUSE)
        @asked = now
        begin
          @keys = fetch
          @failure = nil
        rescue StandardError => e
          @failure = e
        end
      end
      return @keys[kid] if @keys.key?(kid)

      raise IOError, "Farewell's keys could not be fetched: #{@failure.message}" if @failure
    end
    raise Refused, "no published key has this id"
  end

  def fetch
    published = parsed(http { |http| http.get("/.well-known/jwks.json") })["keys"]
    # A key whose `exp` is past is published for the receipts it has signed, years ago.
    current = published.reject { |key| key["exp"] && key["exp"] <= Time.now.to_i }
    ours = current.select { |key| key["kty"] == "OKP" && key["crv"] == "Ed25519" }
    ours.to_h { |key| [key["kid"], OpenSSL::PKey.read(DER + bytes(key["x"]))] }
  end

  # Strict: other spellings of the same bytes are refused.
  def bytes(part)
    text = part.tr("-_", "+/")
    text += "=" * (-text.size % 4)
    bytes = text.unpack1("m0")
    raise Refused, "this is not a token" unless [bytes].pack("m0") == text

    bytes
  rescue ArgumentError
    raise Refused, "this is not a token"
  end

  def object(part)
    value = JSON.parse(bytes(part).force_encoding(Encoding::UTF_8))
    value.is_a?(Hash) ? value : raise(Refused, "this is not a token")
  rescue JSON::ParserError, EncodingError
    raise Refused, "this is not a token"
  end
end
