# frozen_string_literal: true

require_relative "result"

# What your backend does for the cancel button, as a Rack application: `run CancelRoutes.new` in config.ru, or mounted in Rails.
class CancelRoutes
  def initialize
    @key = ENV.fetch("FAREWELL_KEY") # sk_…, never in a page
    @farewell = ResultTokens.new(ENV.fetch("FAREWELL_API"), ENV.fetch("FAREWELL_BRAND")) # https://farewell.example.com
  end

  def call(env)
    status, content = answer(env, env["rack.session"]&.fetch("login", nil))
    [status, { "content-type" => "application/json", "cache-control" => "no-store" }, [JSON.generate(content)]]
  end

  # A session for one of your customers: its id, and what the button should say.
  def create_session(customer_id)
    body = { retention: { customer_id: customer_id } }
    @farewell.parsed(@farewell.post("/v1/retention/session", body, "X-Brand-Key" => @key)).slice("id", "label")
  end

  private

  # `login` is { "user_id", "customer_id" }, put into the session by your login, or nil.
  def answer(env, login)
    route = "#{env["REQUEST_METHOD"]} #{env["PATH_INFO"]}"
    return [401, { error: "nobody is logged in" }] if login.nil?

    case route
    # For whoever is logged in. Nothing in the request is read: it could name somebody else.
    when "POST /cancel/session" then [200, create_session(login["customer_id"])]
    when "POST /cancel/result" then result(@farewell.verify(token(env)), "sub", login)
    # The same by asking, where you want to know how it stands now. One of the two is enough.
    when "POST /cancel/result/asked" then result(@farewell.ask(token(env)), "userId", login)
    else [404, { error: "there is nothing here" }]
    end
  rescue ResultTokens::Refused => e
    warn "a result was refused: #{e.message}"
    [400, { error: "refused" }]
  rescue StandardError => e
    warn e.full_message
    [502, { error: "try again" }]
  end

  def result(result, whose, login)
    return [403, { error: "this is somebody else's" }] unless login.values_at("user_id", "customer_id").include?(result[whose])

    # Act on it here, once for each result["jti"] (or "eventId", of an answer): a reload sends the same token again.
    [200, result.slice("outcome", "effect")]
  end

  # The `token` of a JSON body. What is none is refused by whoever verifies it.
  def token(env)
    text = env["rack.input"].read(16_384).to_s
    JSON.parse(text)["token"]
  rescue JSON::ParserError, EncodingError, TypeError, NoMethodError
    raise ResultTokens::Refused, "the request has no token"
  end
end
