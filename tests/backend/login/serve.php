<?php

// The example behind PHP's own server, with a login that the test decides: the header `X-Login: user customer`.

if (isset($_SERVER['HTTP_X_LOGIN'])) {
    $_SESSION['login'] = array_combine(['user_id', 'customer_id'], explode(' ', $_SERVER['HTTP_X_LOGIN']));
}

require __DIR__ . '/../../../examples/backend/php/routes.php';
