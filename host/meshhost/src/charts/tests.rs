use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::thread;

use meshhost_core::source::{Origin, Source, SourceKind};

use super::*;

const BYTES: &[u8] = b"\x1f\x8bnot really a chart";

/// A web server on loopback, for as long as the test runs: paths and what is there.
fn server(pages: &[(&str, Vec<u8>)]) -> String {
    let pages: Vec<(String, Vec<u8>)> = pages
        .iter()
        .map(|(path, page)| ((*path).to_owned(), page.clone()))
        .collect();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
                request.push(byte[0]);
            }
            let request = String::from_utf8(request).unwrap();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let page = pages.iter().find(|(known, _)| known == path);
            let (head, page): (String, &[u8]) = match page {
                Some((path, page)) if path.ends_with("moved.tgz") => {
                    let to = String::from_utf8(page.clone()).unwrap();
                    (format!("302 Found\r\nLocation: {to}"), b"")
                }
                Some((_, page)) => ("200 OK".to_owned(), page),
                None => ("404 Not Found".to_owned(), b""),
            };
            let length = page.len();
            let head =
                format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
            let _ = stream
                .write_all(head.as_bytes())
                .and_then(|()| stream.write_all(page));
        }
    });
    format!("http://{address}")
}

fn chart(source: ChartSource, digest: Option<&str>) -> Chart {
    let text = Source::new(SourceKind::Argument, "--plugin", "x");
    Chart {
        source,
        origin: Origin::whole(&text),
        digest: digest.map(str::to_owned),
        values_files: Vec::new(),
    }
}

fn repository(url: &str, name: &str, version: Option<&str>) -> ChartSource {
    ChartSource::Repository {
        url: url.to_owned(),
        name: name.to_owned(),
        version: version.map(str::to_owned),
    }
}

fn charts() -> Charts {
    Charts::new(None, Vec::new())
}

fn fails(charts: &Charts, source: ChartSource, digest: Option<&str>) -> String {
    charts
        .fetch(&chart(source, digest), 1 << 20)
        .unwrap_err()
        .to_string()
}

#[test]
fn a_repository_tells_versions_and_digests() {
    let digest = digest(BYTES);
    let index = format!(
        "apiVersion: v1\nentries:\n  mesh:\n  - version: 1.1.0\n    digest: {}\n    urls: [a/mesh-1.1.0.tgz]\n  - version: 1.2.0\n    digest: '{}'\n    urls: [/abs/mesh-1.2.0.tgz]\n",
        &digest["sha256:".len()..],
        "0".repeat(64),
    );
    let url = server(&[
        ("/r/index.yaml", index.into()),
        ("/r/a/mesh-1.1.0.tgz", BYTES.into()),
        ("/abs/mesh-1.2.0.tgz", BYTES.into()),
        ("/bad/index.yaml", b"entries: [1, 2".to_vec()),
    ]);
    let repo = format!("{url}/r");
    let archive = charts()
        .fetch(
            &chart(repository(&repo, "mesh", Some("<1.2")), Some(&digest)),
            1 << 20,
        )
        .unwrap();
    assert_eq!(
        (archive.name.as_str(), archive.digest.as_str()),
        ("mesh-1.1.0.tgz", &*digest)
    );
    assert_eq!(archive.bytes, BYTES);
    let charts = charts();
    for (name, version, said) in [
        (
            "mesh",
            None,
            format!(
                "the archive's digest is {digest} and not sha256:{}",
                "0".repeat(64)
            ),
        ),
        (
            "mesh",
            Some("2"),
            format!("{repo}/index.yaml has no version 2 of chart mesh"),
        ),
        ("mehs", None, format!("{repo}/index.yaml has no chart mehs")),
    ] {
        assert_eq!(fails(&charts, repository(&repo, name, version), None), said);
    }
    let bad = fails(
        &charts,
        repository(&format!("{url}/bad"), "mesh", None),
        None,
    );
    assert!(
        bad.contains("/bad/index.yaml is not the index of a repository"),
        "{bad}"
    );
}

#[test]
fn what_was_fetched_is_kept_and_looked_at_again() {
    let folder = tempfile::tempdir().unwrap();
    let digest = digest(BYTES);
    let url = server(&[("/x-1.0.0.tgz", BYTES.into())]);
    let charts = Charts::new(Some(folder.path().join("charts")), Vec::new());
    let there = chart(
        ChartSource::Url(format!("{url}/x-1.0.0.tgz")),
        Some(&digest),
    );
    charts.fetch(&there, 1 << 20).unwrap();
    // Nobody is asked for what is there.
    let gone = chart(ChartSource::Url(format!("{url}/gone.tgz")), Some(&digest));
    assert_eq!(charts.fetch(&gone, 1 << 20).unwrap().bytes, BYTES);
    let hex = &digest["sha256:".len()..];
    std::fs::write(
        folder.path().join("charts").join(format!("{hex}.tgz")),
        b"changed",
    )
    .unwrap();
    let said = charts.fetch(&gone, 1 << 20).unwrap_err().to_string();
    assert!(said.contains("404 Not Found"), "{said}");
}

#[test]
fn what_is_too_large_or_plain_or_not_what_was_pinned_is_refused() {
    let url = server(&[
        ("/x.tgz", BYTES.into()),
        ("/moved.tgz", b"http://charts.invalid/x.tgz".to_vec()),
    ]);
    let source = ChartSource::Url(format!("{url}/x.tgz"));
    let large = charts()
        .fetch(&chart(source.clone(), None), 10)
        .unwrap_err();
    assert_eq!(
        large.to_string(),
        format!("{url}/x.tgz is larger than 10 bytes")
    );
    let zeros = format!("sha256:{}", "0".repeat(64));
    let other = fails(&charts(), source, Some(&zeros));
    assert_eq!(
        other,
        format!("the archive's digest is {} and not {zeros}", digest(BYTES))
    );
    let plain = ChartSource::Url("http://charts.invalid/x.tgz".to_owned());
    assert_eq!(
        fails(&charts(), plain, None),
        "http://charts.invalid/x.tgz is plain HTTP, which anybody on the way can read and change"
    );
    let moved = fails(
        &charts(),
        ChartSource::Url(format!("{url}/moved.tgz")),
        None,
    );
    assert!(moved.contains("it redirects to plain HTTP"), "{moved}");
    let nameless = fails(
        &charts(),
        ChartSource::Oci("charts/istiod:1.0.0".to_owned()),
        None,
    );
    assert_eq!(
        nameless,
        "oci://charts/istiod:1.0.0 is not a reference: `charts` is not the name of a registry"
    );
}

#[test]
fn only_this_machine_is_asked_without_tls() {
    for (host, loopback) in [
        ("localhost", true),
        ("localhost:5000", true),
        ("127.0.0.1:80", true),
        ("127.9.9.9", true),
        ("[::1]:5000", true),
        ("localhost.example.com", false),
        ("127.0.0.1.example.com", false),
        ("10.0.0.1", false),
    ] {
        assert_eq!(web::is_loopback(host), loopback, "{host}");
    }
    let web = Web::new(vec!["registry.lan:5000".to_owned()]);
    assert!(web.may_be_plain("registry.lan:5000"));
    assert!(!web.may_be_plain("registry.lan"));
}
