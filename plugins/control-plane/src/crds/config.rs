//! `config.istio.io/v1alpha2`: what Mixer and its clients are configured with.

use meshhost_piece::Value;

use super::definition::{Definition, Labels};
use super::schema::{
    count, double, duration, flag, formatted, int32, int64, labels, list, map, object, one_of,
    text, texts, word,
};

fn config(kind: &'static str, plural: &'static str) -> Definition {
    Definition::new("config.istio.io", "v1alpha2", kind, plural)
}

/// What Mixer itself reads. Kinds without a schema carry what an adapter or template defines.
fn mixer(kind: &'static str, plural: &'static str, area: &str, package: &str) -> Definition {
    config(kind, plural)
        .category("policy-istio-io")
        .labels(Labels::new("mixer").chart().istio(area).package(package))
}

/// What clients of Mixer read: quotas, and APIs of services.
fn client(kind: &'static str, plural: &'static str, schema: Value) -> Definition {
    config(kind, plural)
        .category("apim-istio-io")
        .labels(Labels::new("istio-mixer").chart())
        .schema(schema)
}

pub(super) fn definitions() -> Vec<Definition> {
    vec![
        mixer(
            "attributemanifest",
            "attributemanifests",
            "core",
            "istio.io.mixer",
        )
        .schema(attribute_manifest()),
        mixer("rule", "rules", "core", "istio.io.mixer").schema(rule()),
        mixer("adapter", "adapters", "mixer-adapter", "adapter"),
        mixer("instance", "instances", "mixer-instance", "instance"),
        mixer("template", "templates", "mixer-template", "template"),
        mixer("handler", "handlers", "mixer-handler", "handler"),
        client(
            "HTTPAPISpecBinding",
            "httpapispecbindings",
            object! {
                apiSpecs: list(reference()),
                api_specs: list(reference()),
                services: list(service()),
            },
        ),
        client("HTTPAPISpec", "httpapispecs", http_api_spec()),
        client(
            "QuotaSpecBinding",
            "quotaspecbindings",
            object! {
                quotaSpecs: list(reference()),
                services: list(service()),
            },
        ),
        client("QuotaSpec", "quotaspecs", quota_spec()),
    ]
}

fn attribute_manifest() -> Value {
    object! {
        attributes: map(object! {
            description: text(),
            valueType: word(&[
                "VALUE_TYPE_UNSPECIFIED", "STRING", "INT64", "DOUBLE", "BOOL", "TIMESTAMP", "IP_ADDRESS",
                "EMAIL_ADDRESS", "URI", "DNS_NAME", "DURATION", "STRING_MAP",
            ]),
        }),
        name: text(),
        revision: text(),
    }
}

fn rule() -> Value {
    let header_operations = || {
        list(object! {
            name: text(),
            operation: word(&["REPLACE", "REMOVE", "APPEND"]),
            values: texts(),
        })
    };
    object! {
        actions: list(object! {
            handler: text(),
            instances: texts(),
            name: text(),
        }),
        match: text(),
        requestHeaderOperations: header_operations(),
        responseHeaderOperations: header_operations(),
        sampling: object! {
            random: object! {
                attributeExpression: text(),
                percentSampled: object! {
                    denominator: word(&["HUNDRED", "TEN_THOUSAND"]),
                    numerator: count(),
                },
                useIndependentRandomness: flag(),
            },
            rateLimit: object! {
                maxUnsampledEntries: int64(),
                samplingDuration: duration(),
                samplingRate: int64(),
            },
        },
    }
}

fn reference() -> Value {
    object! {
        name: text(),
        namespace: text(),
    }
}

fn service() -> Value {
    object! {
        domain: text(),
        labels: labels(),
        name: text(),
        namespace: text(),
        service: text(),
    }
}

fn http_api_spec() -> Value {
    let keys = || {
        let places = object! {
            cookie: text(),
            header: text(),
            query: text(),
        };
        list(one_of(places, &["query", "header", "cookie"]))
    };
    let patterns = object! {
        attributes: attributes(),
        httpMethod: text(),
        regex: text(),
        uriTemplate: text(),
    };
    object! {
        apiKeys: keys(),
        api_keys: keys(),
        attributes: attributes(),
        patterns: list(one_of(patterns, &["uriTemplate", "regex"])),
    }
}

fn attributes() -> Value {
    let value = object! {
        boolValue: flag(),
        bytesValue: formatted("binary"),
        doubleValue: double(),
        durationValue: duration(),
        int64Value: int64(),
        stringMapValue: object! { entries: labels() },
        stringValue: text(),
        timestampValue: formatted("dateTime"),
    };
    let kinds = [
        "stringValue",
        "int64Value",
        "doubleValue",
        "boolValue",
        "bytesValue",
        "timestampValue",
        "durationValue",
        "stringMapValue",
    ];
    object! { attributes: map(one_of(value, &kinds)) }
}

fn quota_spec() -> Value {
    let matching = object! {
        exact: text(),
        prefix: text(),
        regex: text(),
    };
    object! {
        rules: list(object! {
            match: list(object! {
                clause: map(one_of(matching, &["exact", "prefix", "regex"])),
            }),
            quotas: list(object! {
                charge: int32(),
                quota: text(),
            }),
        }),
    }
}
