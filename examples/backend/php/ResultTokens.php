<?php

/** Nothing to act on: malformed, forged, expired, or of another brand. The message is for your log. */
final class Refused extends Exception {}

/** Whether a result is genuine, and what it says. Needs PHP 8 with sodium, which is in the standard build. */
final class ResultTokens
{
    private const KEEP = 3600; // seconds until known keys are fetched again
    private const PAUSE = 10; // seconds between two fetches, however many tokens name a key that nobody knows

    /**
     * @param string $server Farewell's address, the `public_url` of its configuration
     * @param string $brand your slug
     * @param string $cache a file to keep its public keys in, where nobody but your application can write
     */
    public function __construct(private string $server, private string $brand, private string $cache) {}

    /** Offline: what the token says, as of when it was signed. */
    public function verify(mixed $token): array
    {
        $form = '/^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}$/D';
        if (!is_string($token) || strlen($token) > 8192 || !preg_match($form, $token)) {
            throw new Refused('this is not a token');
        }
        [$header, $claims, $signature] = explode('.', $token);
        $named = self::object($header);
        // One algorithm and one type. Whoever sends a token has no say in how it is checked.
        if (($named['alg'] ?? null) !== 'EdDSA' || ($named['typ'] ?? null) !== 'JWT' || array_key_exists('crit', $named)) {
            throw new Refused('this is not a result token');
        }
        $key = $this->key($named['kid'] ?? null);
        if (!sodium_crypto_sign_verify_detached(self::bytes($signature), "$header.$claims", $key)) {
            throw new Refused('the signature is wrong');
        }
        $result = self::object($claims);
        if (($result['iss'] ?? null) !== $this->server) {
            throw new Refused('it is from another server');
        }
        if (($result['aud'] ?? null) !== $this->brand) {
            throw new Refused('it is of another brand');
        }
        if (!is_int($result['exp'] ?? null) || $result['exp'] <= time()) {
            throw new Refused('it has expired');
        }
        return $result;
    }

    /** By asking: what has become of it as of now. */
    public function ask(mixed $token): array
    {
        $body = ['token' => $token, 'brand' => $this->brand];
        [$status, $content] = self::http("$this->server/api/public/cancel/result", $body);
        if (in_array($status, [400, 401, 413], true)) {
            throw new Refused($content['error']);
        }
        return $status === 200 ? $content : throw new RuntimeException("Farewell answers $status");
    }

    /** A question to Farewell: the status and the JSON of its answer. */
    public static function http(string $url, ?array $body = null, array $headers = []): array
    {
        $context = stream_context_create(['http' => [
            'method' => $body === null ? 'GET' : 'POST',
            'header' => ['Content-Type: application/json', ...$headers],
            'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
            'timeout' => 5,
            'follow_location' => 0,
            'ignore_errors' => true,
        ]]);
        $answer = @fopen($url, 'r', false, $context);
        $content = $answer ? json_decode(stream_get_contents($answer), true) : null;
        if (!is_array($content)) {
            throw new RuntimeException('Farewell does not answer');
        }
        return [(int) explode(' ', stream_get_meta_data($answer)['wrapper_data'][0])[1], $content];
    }

    private function key(mixed $kid): string
    {
        if (!is_string($kid)) {
            throw new Refused('it names no key');
        }
        $file = fopen($this->cache, 'c+') ?: throw new RuntimeException("$this->cache cannot be written");
        // Whoever comes meanwhile waits for the same answer. Keys that are known hold also where there is none.
        flock($file, LOCK_EX);
        $kept = json_decode(stream_get_contents($file), true) ?? ['asked' => 0, 'keys' => [], 'failed' => false];
        if (time() - $kept['asked'] > (isset($kept['keys'][$kid]) ? self::KEEP : self::PAUSE)) {
            try {
                $kept = ['asked' => time(), 'keys' => $this->fetch(), 'failed' => false];
            } catch (RuntimeException) {
                $kept = ['asked' => time(), 'failed' => true] + $kept;
            }
            ftruncate($file, 0);
            rewind($file);
            fwrite($file, json_encode($kept));
        }
        fclose($file);
        if (isset($kept['keys'][$kid])) {
            return self::bytes($kept['keys'][$kid]);
        }
        throw $kept['failed']
            ? new RuntimeException("Farewell's keys could not be fetched")
            : new Refused('no published key has this id');
    }

    private function fetch(): array
    {
        [$status, $content] = self::http("$this->server/.well-known/jwks.json");
        if ($status !== 200) {
            throw new RuntimeException("Farewell answers $status");
        }
        // A key whose `exp` is past is published for the receipts it has signed, years ago.
        $current = array_filter($content['keys'], fn ($key) => ($key['exp'] ?? time() + 1) > time());
        $ours = array_filter($current, fn ($key) => $key['kty'] === 'OKP' && $key['crv'] === 'Ed25519');
        return array_column($ours, 'x', 'kid');
    }

    /** Strict: other spellings of the same bytes are refused. */
    private static function bytes(string $part): string
    {
        try {
            return sodium_base642bin($part, SODIUM_BASE64_VARIANT_URLSAFE_NO_PADDING);
        } catch (SodiumException) {
            throw new Refused('this is not a token');
        }
    }

    private static function object(string $part): array
    {
        $value = json_decode(self::bytes($part), true);
        return is_array($value) ? $value : throw new Refused('this is not a token');
    }
}
