//! The piece against `helm template`: the same bytes, the same objects, the same first line of an error.

use meshhost_core::card::{Contribution, Request};
use meshhost_core::{object, release};
use serde_json::{Value, json};

use crate::charts::Chart;
use crate::ours;
use crate::pieces::{self, first_line};
use crate::template::{self, Printed};

/// Whose output is random or of the time that it is: `once` has them.
const NEVER_THE_SAME: [&str; 2] = ["random", "clock"];

fn helm(chart: &Chart) -> Printed {
    let facts = release::facts(release::NEWEST).unwrap();
    let mut versions: Vec<String> = facts
        .served
        .iter()
        .flat_map(|served| {
            [
                served.api_version.clone(),
                format!("{}/{}", served.api_version, served.kind),
            ]
        })
        .collect();
    versions.dedup();
    let (path, versions) = (chart.path.to_string_lossy(), versions.join(","));
    let mut args = vec!["rel", &path, "--namespace", "ns", "--include-crds"];
    args.extend([
        "--kube-version",
        &facts.kubernetes.git_version,
        "--api-versions",
        &versions,
    ]);
    let values = ours::values(chart);
    let values = values.as_ref().map(|values| values.to_string_lossy());
    if let Some(values) = &values {
        args.extend(["-f", values]);
    }
    template::template(&args)
}

/// What the engine printed in the sandbox, and its documents as data, read on their own.
fn engine(request: &Request) -> Result<(String, Vec<Value>), String> {
    let answer = pieces::text()
        .contribute(request)
        .map_err(|error| first_line(&error))?;
    let mut texts = answer.objects.into_iter();
    let text = texts.next().unwrap();
    Ok((
        text,
        texts
            .map(|text| serde_json::from_str(&text).unwrap())
            .collect(),
    ))
}

#[test]
fn every_chart_is_what_helm_makes_of_it() {
    let mut wrong = Vec::new();
    for chart in ours::all() {
        if NEVER_THE_SAME.contains(&chart.name.as_str()) {
            continue;
        }
        let request = pieces::request(&chart, json!({}));
        let (helm, engine) = (helm(&chart), engine(&request));
        let piece = pieces::contribute(&request).map_err(|error| first_line(&error));
        match (helm, engine, piece) {
            (Ok(printed), Ok((text, documents)), Ok(contribution)) => {
                if printed != text {
                    wrong.push(format!("{}: {}", chart.name, difference(&printed, &text)));
                }
                if let Some(what) = other_objects(&documents, &contribution) {
                    wrong.push(format!("{}: {what}", chart.name));
                }
            }
            (Err(helm), Err(engine), Err(piece)) => {
                // Helm names the file by its whole path.
                let path = chart.path.to_string_lossy().into_owned();
                let helm = shown(&helm.replace(&path, &chart.name));
                if helm != engine || helm != piece {
                    wrong.push(format!(
                        "{}:\n  helm   {helm}\n  engine {engine}\n  piece  {piece}",
                        chart.name
                    ));
                }
            }
            (helm, engine, piece) => wrong.push(format!(
                "{}: helm {:?}, engine {:?}, piece {:?}",
                chart.name,
                helm.err(),
                engine.err(),
                piece.err()
            )),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// As much of a line as is shown of a piece's: what calls itself a thousand times has a line of a hundred kilobytes.
fn shown(line: &str) -> String {
    let letters: Vec<char> = line.chars().collect();
    match letters.len() {
        0..=1800 => line.to_owned(),
        length => format!(
            "{} … {}",
            letters[..900].iter().collect::<String>(),
            letters[length - 700..].iter().collect::<String>()
        ),
    }
}

/// The first line that differs.
fn difference(printed: &str, text: &str) -> String {
    let lines = printed.lines().zip(text.lines());
    let number = lines.take_while(|(one, other)| one == other).count();
    format!(
        "line {} is {:?} and not {:?}",
        number + 1,
        text.lines().nth(number),
        printed.lines().nth(number)
    )
}

/// An object that is only on one side.
fn other_objects(documents: &[Value], contribution: &Contribution) -> Option<String> {
    let mut expected = Vec::new();
    documents
        .iter()
        .for_each(|document| flatten(document, &mut expected));
    let hooks = contribution.hooks.iter().map(|hook| &hook.manifest);
    let mut given: Vec<Value> = contribution
        .objects
        .iter()
        .chain(hooks)
        .map(|text| as_printed(serde_json::from_str(text).unwrap()))
        .collect();
    for object in &expected {
        let Some(at) = given.iter().position(|other| other == object) else {
            return Some(format!("there is no {object}"));
        };
        given.swap_remove(at);
    }
    given
        .first()
        .map(|object| format!("{object} is not Helm's"))
}

/// The objects of a document: a list has several, and a comment is none.
fn flatten(document: &Value, into: &mut Vec<Value>) {
    match document.get("items").and_then(Value::as_array) {
        Some(items) => items.iter().for_each(|item| flatten(item, into)),
        None if document.is_null() => {}
        None => into.push(document.clone()),
    }
}

/// As `meshhost render` prints it.
fn as_printed(value: Value) -> Value {
    match object::Object::new(value.clone()) {
        Ok(object) => Value::Object(meshhost_core::written::as_written(&object)),
        Err(_) => value,
    }
}

#[test]
fn an_archive_is_what_its_folder_is() {
    for name in ["plain", "subcharts", "files", "crds"] {
        let chart = ours::named(name);
        let request = pieces::request(&chart, json!({}));
        let archive = crate::archive::of(&request.files, name);
        let archived = pieces::of(
            [
                vec![archive],
                request
                    .files
                    .iter()
                    .filter(|file| file.wish == "values")
                    .cloned()
                    .collect(),
            ]
            .concat(),
            json!({}),
        );
        assert_eq!(
            pieces::contribute(&request).unwrap(),
            pieces::contribute(&archived).unwrap(),
            "{name}"
        );
    }
}
