//! The checked-in documents are those of the types.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema")
}

#[test]
fn c_007_documents_are_up_to_date() {
    let update = std::env::var_os("UPDATE_SCHEMA").is_some();
    let mut stale = Vec::new();
    for (name, document) in contact_api::schema::documents() {
        let path = folder().join(name);
        let text = serde_json::to_string_pretty(&document).unwrap() + "\n";
        if update {
            std::fs::create_dir_all(folder()).unwrap();
            std::fs::write(&path, &text).unwrap();
        }
        // Git may have given the file other line ends.
        let kept = std::fs::read_to_string(&path)
            .unwrap_or_default()
            .replace("\r\n", "\n");
        if kept != text {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "{stale:?} in contact-api/schema are stale. If the change is meant (v1 only grows), run\n    \
         UPDATE_SCHEMA=1 cargo test -p contact-api --test schema\nand commit the result."
    );
}

#[test]
fn c_007_every_reference_in_a_document_leads_somewhere() {
    for (name, document) in contact_api::schema::documents() {
        let mut references = BTreeSet::new();
        collect(&document, &mut references);
        assert!(!references.is_empty());
        for reference in references {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(
                document.pointer(pointer).is_some(),
                "{name}: {reference} leads nowhere"
            );
        }
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get("$ref") {
                references.insert(reference.clone());
            }
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}
