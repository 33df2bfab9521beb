//! Which client is counted, when headers say that it is another one.

use crate::http::{Request, evaluate};
use crate::program::{Place, Server};

const FORWARDED: &str = "x-forwarded-for";

/// Two requests for each client, and anyone is answered.
fn server(trusted: &str) -> (Place, Server) {
    let place = Place::with(&format!(
        "server.trusted_proxies = [{trusted}]\nlimits = {{ requests = 2, window_seconds = 3600 }}\n"
    ));
    let server = place.serve();
    (place, server)
}

fn from(client: &str) -> Request {
    evaluate().header(FORWARDED, client)
}

fn statuses(server: &Server, requests: &[Request]) -> Vec<u16> {
    let status = |request: &Request| request.send(server).status;
    requests.iter().map(status).collect()
}

#[test]
fn forged_addresses_make_nobody_another_client() {
    let (_place, server) = server("");
    let forged = [
        from("203.0.113.1"),
        from("203.0.113.2, 203.0.113.3"),
        from("2001:db8::1"),
        evaluate().header("forwarded", "for=203.0.113.4"),
        evaluate().header("x-real-ip", "203.0.113.5"),
        evaluate().header("true-client-ip", "203.0.113.6"),
        evaluate().header("cf-connecting-ip", "203.0.113.7"),
        evaluate(),
    ];
    let expected = [200, 200, 429, 429, 429, 429, 429, 429];
    assert_eq!(statuses(&server, &forged), expected);
}

#[test]
fn only_the_configured_proxy_is_believed() {
    // A range that this machine is not in.
    let (_place, server) = server("'10.0.0.0/8', '192.0.2.1', '::1', '127.0.0.2'");
    let clients = ["203.0.113.1", "203.0.113.2", "203.0.113.3", "10.0.0.1"].map(from);
    assert_eq!(statuses(&server, &clients), [200, 200, 429, 429]);
}

#[test]
fn client_that_a_trusted_proxy_names_is_counted() {
    let (_place, server) = server("'127.0.0.1'");
    for client in [
        "203.0.113.1",
        "203.0.113.2",
        "198.51.100.7:1234",
        "2001:db8:1::1",
    ] {
        let asked = [from(client), from(client), from(client)];
        assert_eq!(statuses(&server, &asked), [200, 200, 429], "{client}");
    }
    // The proxy itself, which names nobody, is a client of its own.
    let own = [evaluate(), evaluate(), evaluate()];
    assert_eq!(statuses(&server, &own), [200, 200, 429]);
    // With a port or without, it is the same client; of IPv6 all of a network is one.
    let same = [
        "203.0.113.1:5",
        "::ffff:203.0.113.2",
        "[2001:db8:1::2]:443",
        "2001:db8:1::3",
    ];
    assert_eq!(statuses(&server, &same.map(from)), [429; 4]);
}

#[test]
fn what_a_client_put_before_its_own_address_is_not_believed() {
    let (_place, server) = server("'127.0.0.1', '10.0.0.0/8'");
    let mine = "203.0.113.9";
    // The proxies append what they see: it is last. All before it, the client can have written.
    let asked = [
        from(mine),
        from(&format!("198.51.100.1, {mine}")),
        from(&format!("198.51.100.2,{mine}")),
        from(&format!("198.51.100.3, 198.51.100.4, {mine}, 10.1.1.1")),
        from(&format!("127.0.0.1, {mine}")),
        from(&format!("10.0.0.1, 10.0.0.2, {mine}, 10.0.0.3, 10.0.0.4")),
        from(&format!("unknown, _hidden, {mine}")),
        from("198.51.100.5").header(FORWARDED, mine),
        from(mine).header(FORWARDED, "10.1.1.1"),
        from(&format!("{mine}, 198.51.100.8")),
    ];
    let mut expected = vec![200, 200, 429, 429, 429, 429, 429, 429, 429];
    // The last one is another client, who wrote somebody else's address.
    expected.push(200);
    assert_eq!(statuses(&server, &asked), expected);
}

#[test]
fn what_is_no_address_is_nobody() {
    let (_place, server) = server("'127.0.0.1'");
    let asked = [
        "unknown",
        "",
        "203.0.113.300",
        "'; DROP TABLE client",
        "localhost",
        "1",
        ",",
    ];
    // All of them are the proxy, as none of them names a client.
    assert_eq!(
        statuses(&server, &asked.map(from)),
        [200, 200, 429, 429, 429, 429, 429]
    );
}

#[test]
fn failures_of_one_client_behind_a_proxy_do_not_lock_out_the_others() {
    let key = "key-of-a-caller-behind-a-proxy-0123456789";
    let place = Place::with(&format!(
        "[server]\ntrusted_proxies = ['127.0.0.1']\n[limits]\nrequests = 2\nwindow_seconds = 3600\n[auth]\nanonymous = false\nkeys = [{{ name = 'one', key = '{key}' }}]\n"
    ));
    let server = place.serve();
    let guess = |client: &str| from(client).key("guessed");
    let guesses = [1, 2, 3, 4].map(|_| guess("203.0.113.1"));
    assert_eq!(statuses(&server, &guesses), [401, 401, 429, 429]);
    assert_eq!(statuses(&server, &[guess("203.0.113.2")]), [401]);
    // The log names who it was.
    server.wait_for_log("address:203.0.113.1");
    // Whoever has a key is counted by it, wherever it comes from.
    let known = ["203.0.113.1", "203.0.113.2", "203.0.113.3"].map(|client| from(client).key(key));
    assert_eq!(statuses(&server, &known), [200, 200, 429]);
}
