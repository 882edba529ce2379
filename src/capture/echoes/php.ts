/** The echo for PHP: a page, or a server. */
export const PHP = String.raw`<?php
// devtls echo: shows who holds the token what reaches an app behind an edge. Remove it afterwards.
// A server by itself:  HOST=0.0.0.0 PORT=8080 php echo.php
// As a page:           put it where /devtls-echo leads to

const DEVTLS_TOKEN = '@TOKEN@';

/** Number and reply, for who holds the token. */
function devtls_control(string $value, int $end): ?array {
    $parts = explode(' ', $value);
    if (time() > $end || !hash_equals(hash('sha256', DEVTLS_TOKEN), hash('sha256', $parts[0]))) return null;
    $reply = isset($parts[2]) ? json_decode((string) base64_decode(strtr($parts[2], '-_', '+/')), true) : [];
    return [(int) ($parts[1] ?? 0), is_array($reply) ? $reply : []];
}

/** Octets as the characters of latin1, which JSON can hold. */
function devtls_text(string $octets): string {
    return preg_replace_callback('/[\x80-\xff]/', function ($match) {
        $code = ord($match[0]);
        return chr(0xc0 | $code >> 6) . chr(0x80 | $code & 0x3f);
    }, $octets);
}

/** Status, header lines and body of the answer. */
function devtls_respond(array $control, array $request, string $host): array {
    [$number, $reply] = $control;
    $report = json_encode(['devtls' => 1, 'number' => $number] + $request, JSON_UNESCAPED_SLASHES);
    usleep(1000 * min((int) ($reply['delayMs'] ?? 0), 600000));
    $lines = [['Content-Type', 'application/json'], ['Cache-Control', 'no-store']];
    foreach (array_chunk($reply['lines'] ?? [], 2) as $pair) {
        $lines[] = array_map(fn($text) => str_replace('{target}', $host, $text), $pair);
    }
    if ($request['method'] === 'HEAD') {
        $lines[] = ['X-Devtls-Report', base64_encode($report)];
        $report = '';
    } else {
        $lines[] = ['Content-Length', (string) strlen($report)];
    }
    return [(int) ($reply['status'] ?? 200), $lines, $report];
}

/** Writes the body's first octet, and after a pause, where one is wanted, the rest. */
function devtls_slowly(string $body, array $reply, callable $write): void {
    $write(substr($body, 0, 1));
    usleep(1000 * min((int) ($reply['pauseMs'] ?? 0), 600000));
    $write(substr($body, 1));
}

/** As a page: PHP has read the request, and does not show all of it. */
function devtls_page(): void {
    $control = devtls_control($_SERVER['HTTP_X_DEVTLS_ECHO'] ?? '', (int) filemtime(__FILE__) + 3600);
    if ($control === null) {
        http_response_code(404);
        return;
    }
    $headers = [];
    foreach ($_SERVER as $name => $value) {
        if (strncmp($name, 'HTTP_', 5) !== 0 || strncmp($name, 'HTTP_CONTENT_', 13) === 0) continue;
        $headers[] = [strtolower(strtr(substr($name, 5), '_', '-')), devtls_text($value)];
    }
    if (($_SERVER['CONTENT_TYPE'] ?? '') !== '') $headers[] = ['content-type', devtls_text($_SERVER['CONTENT_TYPE'])];
    [$status, $lines, $body] = devtls_respond($control, [
        'method' => $_SERVER['REQUEST_METHOD'],
        'target' => devtls_text($_SERVER['REQUEST_URI'] ?? ''),
        'version' => '',
        'headers' => $headers,
        'octets' => strlen((string) file_get_contents('php://input')),
        'peer' => $_SERVER['REMOTE_ADDR'] ?? '',
        'shows' => ['order' => false, 'case' => false, 'duplicates' => false, 'target' => true, 'version' => false,
            'hidden' => ['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'te', 'upgrade',
                'expect', 'proxy-connection', 'authorization', 'proxy-authorization', 'proxy']],
    ], $_SERVER['HTTP_HOST'] ?? '');
    header_remove('X-Powered-By');
    http_response_code($status);
    foreach ($lines as [$name, $value]) header("$name: $value", strtolower($name) !== 'set-cookie');
    // PHP answers 302 to a Location unless it is told otherwise behind it.
    http_response_code($status);
    devtls_slowly($body, $control[1], function ($piece) {
        echo $piece;
        while (ob_get_level() > 0) ob_end_flush();
        flush();
    });
}

/** As a server: the request as it came, one after the other. */
function devtls_serve(string $host, int $port): void {
    $server = stream_socket_server("tcp://$host:$port", $code, $message);
    if ($server === false) exit("could not listen: $message\n");
    fwrite(STDERR, 'devtls echo on ' . stream_socket_get_name($server, false) . " for an hour\n");
    for ($end = time() + 3600; time() < $end;) {
        $socket = @stream_socket_accept($server, max(1, $end - time()), $peer);
        if ($socket === false) continue;
        stream_set_timeout($socket, 10);
        devtls_answer($socket, preg_replace('/:\d+$/', '', (string) $peer), $end);
        fclose($socket);
    }
}

function devtls_answer($socket, string $peer, int $end): void {
    $line = explode(' ', rtrim((string) fgets($socket, 131072), "\r\n"));
    if (count($line) !== 3) return;
    $headers = [];
    $names = [];
    while (($text = rtrim((string) fgets($socket, 131072), "\r\n")) !== '') {
        [$name, $value] = array_pad(explode(':', $text, 2), 2, '');
        $headers[] = [$name, devtls_text(trim($value, " \t"))];
        $names[strtolower($name)] = trim($value, " \t");
    }
    if (strtolower($names['expect'] ?? '') === '100-continue') fwrite($socket, "HTTP/1.1 100 Continue\r\n\r\n");
    $octets = 0;
    if (strtolower($names['transfer-encoding'] ?? '') === 'chunked') {
        do {
            $size = hexdec(trim((string) fgets($socket)));
            if ($size > 0) $octets += strlen((string) stream_get_contents($socket, $size));
            fgets($socket);
        } while ($size > 0);
    } elseif ((int) ($names['content-length'] ?? 0) > 0) {
        $octets = strlen((string) stream_get_contents($socket, (int) $names['content-length']));
    }
    $control = devtls_control($names['x-devtls-echo'] ?? '', $end);
    if ($control === null) {
        fwrite($socket, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    }
    [$status, $lines, $body] = devtls_respond($control, [
        'method' => $line[0],
        'target' => devtls_text($line[1]),
        'version' => str_replace('HTTP/', '', $line[2]),
        'headers' => $headers,
        'octets' => $octets,
        'peer' => $peer,
        'shows' => ['order' => true, 'case' => true, 'duplicates' => true, 'target' => true, 'version' => true,
            'hidden' => []],
    ], $names['host'] ?? '');
    $head = "HTTP/1.1 $status Said So\r\n";
    foreach ($lines as [$name, $value]) $head .= "$name: $value\r\n";
    fwrite($socket, "{$head}Connection: close\r\n\r\n");
    devtls_slowly($body, $control[1], fn($piece) => fwrite($socket, $piece));
}

if (PHP_SAPI === 'cli') devtls_serve(getenv('HOST') ?: '127.0.0.1', (int) (getenv('PORT') ?: 8080));
else devtls_page();
`;
