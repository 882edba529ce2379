<?php
// The fix goes above.

/* An app that wants https and says nothing of a proxy. It asks as WordPress does. */
function is_ssl(): bool
{
    return in_array(strtolower($_SERVER['HTTPS'] ?? ''), ['on', '1'], true);
}

$forced = getenv('CONFIGURATION') === 'forced';
$own = (is_ssl() || $forced ? 'https' : 'http') . '://' . $_SERVER['HTTP_HOST'];
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);

if ($forced && !is_ssl()) {
    header("Location: $own{$_SERVER['REQUEST_URI']}", true, 301);
    exit;
}

session_save_path(__DIR__);
session_set_cookie_params(['secure' => is_ssl(), 'httponly' => true, 'samesite' => 'Lax']);
session_start();
$_SESSION['token'] ??= bin2hex(random_bytes(16));

if ($path === '/login' && $_SERVER['REQUEST_METHOD'] === 'POST') {
    if (!hash_equals($_SESSION['token'], $_POST['token'] ?? '')) {
        http_response_code(403);
        exit('The form has expired.');
    }
    $_SESSION['user'] = $_POST['user'];
    header("Location: $own/", true, 302);
} elseif ($path === '/login') {
    echo '<form method="post"><input type="hidden" name="token" value="' . $_SESSION['token'] . '"></form>';
} elseif (isset($_SESSION['user'])) {
    echo 'Hello, ' . htmlspecialchars($_SESSION['user']);
} else {
    header("Location: $own/login", true, 302);
}
