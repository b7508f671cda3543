<?php

// What your backend does for the cancel button. For every path under /cancel/, after session_start().

require_once __DIR__ . '/ResultTokens.php';

$farewell = rtrim(getenv('FAREWELL_API'), '/'); // https://farewell.example.com
$key = getenv('FAREWELL_KEY'); // sk_…, never in a page
$results = new ResultTokens($farewell, getenv('FAREWELL_BRAND'), getenv('FAREWELL_CACHE'));
$login = $_SESSION['login'] ?? null; // ['user_id' => …, 'customer_id' => …], put there by your login

/** A session for one of your customers: its id, and what the button should say. */
$createSession = function (string $customer) use ($farewell, $key): array {
    $body = ['retention' => ['customer_id' => $customer]];
    [$status, $session] = ResultTokens::http("$farewell/v1/retention/session", $body, ["X-Brand-Key: $key"]);
    if ($status !== 200) {
        throw new RuntimeException("no session: $status $session[error]");
    }
    return ['id' => $session['id'], 'label' => $session['label']];
};

/** The `token` of a JSON body. What is none is refused by whoever verifies it. */
$token = function (): mixed {
    $body = json_decode(file_get_contents('php://input', false, null, 0, 16_384), true);
    return is_array($body) ? $body['token'] ?? null : null;
};

$isTheirs = fn (string $customer) => in_array($customer, [$login['user_id'], $login['customer_id']], true);

$routes = [
    // For whoever is logged in. Nothing in the request is read: it could name somebody else.
    'POST /cancel/session' => fn () => [200, $createSession($login['customer_id'])],

    'POST /cancel/result' => function () use ($results, $token, $isTheirs) {
        $claims = $results->verify($token());
        if (!$isTheirs($claims['sub'])) {
            return [403, ['error' => "this is somebody else's"]];
        }
        // Act on it here, once for each $claims['jti']: a reload sends the same token again.
        return [200, ['outcome' => $claims['outcome'], 'effect' => $claims['effect']]];
    },

    // The same by asking, where you want to know how it stands now. One of the two is enough.
    'POST /cancel/result/asked' => function () use ($results, $token, $isTheirs) {
        $result = $results->ask($token());
        if (!$isTheirs($result['userId'])) {
            return [403, ['error' => "this is somebody else's"]];
        }
        // Act on it here, once for each $result['eventId'].
        return [200, ['outcome' => $result['outcome'], 'effect' => $result['effect']]];
    },
];

$route = $routes[$_SERVER['REQUEST_METHOD'] . ' ' . parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)] ?? null;
try {
    [$status, $content] = match (true) {
        !$route => [404, ['error' => 'there is nothing here']],
        !$login => [401, ['error' => 'nobody is logged in']],
        default => $route(),
    };
} catch (Refused $refused) {
    error_log('a result was refused: ' . $refused->getMessage());
    [$status, $content] = [400, ['error' => 'refused']];
} catch (Throwable $error) {
    error_log($error->getMessage());
    [$status, $content] = [502, ['error' => 'try again']];
}
http_response_code($status);
header('Content-Type: application/json');
header('Cache-Control: no-store');
echo json_encode($content);
