//! What a piece says of itself and of others reaches the person's terminal as text.

use std::process::Command;

use serde_json::json;

use crate::hostile::{ANSWER, data, pair};
use crate::stranger::{ANYTHING, Stranger, object};

/// Clears the screen, renames the window, goes back to the start of the line, and reads backwards.
const EVIL: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{9b}31m\u{202e}\u{feff}";

/// Everything that the command prints; it must be text, and read from left to right.
fn said(args: &[&str]) -> String {
    let said = printed(args).concat();
    let bad = said.chars().find(|c| matches!(c, '\u{202e}' | '\u{feff}'));
    assert_eq!(bad, None, "{}", said.escape_debug());
    said
}

/// What the command prints on its two outputs; whoever has it printed into a file gets every character, but none that does
/// something to a terminal.
fn printed(args: &[&str]) -> [String; 2] {
    let output = Command::new(env!("CARGO_BIN_EXE_meshhost"))
        .args(args)
        .output()
        .unwrap();
    [output.stdout, output.stderr].map(|said| {
        let said = String::from_utf8(said).unwrap();
        let bad = said
            .chars()
            .find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        assert_eq!(bad, None, "{}", said.escape_debug());
        said
    })
}

/// The objects that are rendered, as into a file.
fn objects_of(args: &[&str]) -> String {
    let [objects, _] = printed(&[&["render", "--profile", "minimal"], args].concat());
    objects
}

struct File {
    folder: tempfile::TempDir,
    path: String,
}

fn file(stranger: &Stranger) -> File {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stranger.wasm");
    std::fs::write(&path, stranger.component()).unwrap();
    File {
        path: path.to_str().unwrap().to_owned(),
        folder,
    }
}

#[test]
fn a_card_is_text() {
    let schema = json!({"type": "object", "properties": {
        format!("key{EVIL}"): {"type": "string", "description": format!("described{EVIL}\nimports  nothing\nemits\n  nothing"), "default": EVIL},
    }});
    let stranger = Stranger::new("stranger").with(|guest| {
        guest.card[2] = format!("summed up{EVIL}");
        guest.card[3] = schema.to_string();
    });
    let file = file(&stranger);
    let inspected = said(&["plugin", "inspect", &file.path]);
    assert!(
        inspected.contains("summed up\\u{1b}[2J") && inspected.contains("described\\u{1b}[2J"),
        "{inspected}"
    );
    // A description cannot look like a line of the card's own.
    assert!(!inspected.contains("\nemits"), "{inspected}");
}

#[test]
fn objects_and_what_is_wrong_with_them_are_text() {
    let named = Stranger::new("stranger").objects(
        ANYTHING,
        &[object("v1", "ConfigMap", "a", &format!("a{EVIL}"))],
    );
    let file = file(&named);
    let rendered = said(&["render", "--profile", "minimal", "--plugin", &file.path]);
    assert!(rendered.contains("metadata.name is"), "{rendered}");

    let content = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "b"},
        "data": {"a": format!("one\n{EVIL}\ntwo"), format!("b{EVIL}"): "c"}});
    let file = self::file(&Stranger::new("stranger").objects(ANYTHING, &[content.to_string()]));
    let with = objects_of(&["--plugin", &file.path]);
    let path = file.folder.path().join("with.yaml");
    std::fs::write(&path, with).unwrap();
    let without = file.folder.path().join("without.yaml");
    std::fs::write(&without, objects_of(&[])).unwrap();
    let other = content.to_string().replace("two", "three");
    let file = self::file(&Stranger::new("stranger").objects(ANYTHING, &[other]));
    let changed = file.folder.path().join("changed.yaml");
    std::fs::write(&changed, objects_of(&["--plugin", &file.path])).unwrap();
    for (from, to) in [(&without, &path), (&path, &changed)] {
        let compared = said(&[
            "manifest",
            "diff",
            from.to_str().unwrap(),
            to.to_str().unwrap(),
        ]);
        assert!(compared.contains("ConfigMap b/a"), "{compared}");
    }
}

#[test]
fn refusals_and_panics_are_text() {
    let at = 100_000;
    let text = format!("said{EVIL}\nerror: all is well");
    let refusing = Stranger::new("stranger").with(|guest| {
        let problem = [
            pair(at, text.len()),
            pair(at, text.len()),
            vec![1, 0, 0, 0],
            pair(at, text.len()),
        ]
        .concat();
        guest.fields = data(
            ANSWER,
            &[&[1, 0, 0, 0, 0, 0, 0, 0][..], &pair(at + 2000, 1)].concat(),
        ) + &data(at, text.as_bytes())
            + &data(at + 2000, &problem);
    });
    let panicking = Stranger::new("stranger").with(|guest| {
        let length = u32::try_from(text.len()).unwrap();
        let words = [
            b"meshhost:panic@1",
            &length.to_le_bytes()[..],
            text.as_bytes(),
        ]
        .concat();
        guest.fields = data(at, &words) + "(func $\"\\1b[2J\\0d\" (result i32) unreachable)";
        guest.contribute = "(call $\"\\1b[2J\\0d\")".to_owned();
    });
    for stranger in [refusing, panicking] {
        let file = file(&stranger);
        let said = said(&["render", "--profile", "minimal", "--plugin", &file.path]);
        assert!(said.contains("said\\u{1b}[2J"), "{said}");
        assert!(!said.contains("\nerror: all is well"), "{said}");
    }
}

/// A file of settings may come from a stranger too.
#[test]
fn settings_are_text() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("settings.yaml");
    std::fs::write(
        &path,
        format!(
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  hub: [\"a{}\"]  # \u{202e} \u{9b}31m\n",
            EVIL.escape_default()
        ),
    )
    .unwrap();
    said(&["render", "-f", path.to_str().unwrap()]);
    said(&["render", "--set", &format!("a{EVIL}=1")]);
    said(&["render", "--set", &format!("hub.x={EVIL}")]);
    said(&["render", "--profile", &format!("a{EVIL}")]);
    said(&["render", "--plugin", &format!("./a{EVIL}.wasm")]);
    said(&["render", "--limit", &format!("a{EVIL}=1")]);
    said(&["render", "--kube-version", EVIL]);
}
