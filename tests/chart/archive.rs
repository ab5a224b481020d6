//! Archives of charts, good and bad, made here: each is a tar in a gzip.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use meshhost_core::card::GrantedFile;

/// One entry: path, kind (`0` a file, `2` a link), where a link leads, and content.
pub(crate) struct Entry<'a> {
    pub(crate) path: &'a str,
    pub(crate) kind: u8,
    pub(crate) leads_to: &'a str,
    pub(crate) content: &'a [u8],
}

pub(crate) fn file<'a>(path: &'a str, content: &'a [u8]) -> Entry<'a> {
    Entry {
        path,
        kind: b'0',
        leads_to: "",
        content,
    }
}

/// The files of a chart below a folder of its name.
pub(crate) fn of(files: &[GrantedFile], name: &str) -> GrantedFile {
    let files: Vec<(String, &[u8])> = files
        .iter()
        .filter(|file| file.wish == "chart")
        .map(|file| (format!("{name}/{}", file.path), &*file.content))
        .collect();
    let entries: Vec<Entry<'_>> = files
        .iter()
        .map(|(path, content)| file(path, content))
        .collect();
    packed(&entries, None)
}

/// As a granted file; `claimed` is what each entry says that it has, if that is not true.
pub(crate) fn packed(entries: &[Entry<'_>], claimed: Option<u64>) -> GrantedFile {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    for entry in entries {
        gzip.write_all(&header(
            entry,
            claimed.unwrap_or(entry.content.len() as u64),
        ))
        .unwrap();
        gzip.write_all(entry.content).unwrap();
        let room = entry.content.len().next_multiple_of(512) - entry.content.len();
        gzip.write_all(&vec![0; room]).unwrap();
    }
    gzip.write_all(&[0; 1024]).unwrap();
    GrantedFile {
        wish: "chart".to_owned(),
        path: "chart.tgz".to_owned(),
        content: gzip.finish().unwrap(),
    }
}

/// A header of a ustar archive (POSIX.1-1988).
fn header(entry: &Entry<'_>, size: u64) -> [u8; 512] {
    let mut header = [0; 512];
    let mut put = |at: usize, bytes: &[u8]| header[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, entry.path.as_bytes());
    put(100, b"0000644\0");
    put(124, format!("{size:011o}\0").as_bytes());
    put(136, b"00000000000\0");
    put(148, &[b' '; 8]);
    put(156, &[entry.kind]);
    put(157, entry.leads_to.as_bytes());
    put(257, b"ustar\x0000");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}
