//! `VirtualService`.

use meshhost_piece::{Value, json};

use super::super::definition::{Definition, age, column};
use super::super::schema::{
    count, double, duration, flag, int32, labels, list, map, nullable, object, one_of,
    one_of_cases, text, texts,
};
use super::parts::{networking, port_number};

pub(super) fn definition() -> Definition {
    let spec = object! {
        exportTo: texts(),
        gateways: texts(),
        hosts: texts(),
        http: list(http_route()),
        tcp: list(object! {
            match: list(object! {
                destinationSubnets: texts(),
                gateways: texts(),
                port: count(),
                sourceLabels: labels(),
                sourceSubnet: text(),
            }),
            route: list(weighted()),
        }),
        tls: list(object! {
            match: list(object! {
                destinationSubnets: texts(),
                gateways: texts(),
                port: count(),
                sniHosts: texts(),
                sourceLabels: labels(),
                sourceSubnet: text(),
            }),
            route: list(weighted()),
        }),
    };
    networking("VirtualService", "virtualservices", spec)
        .short("vs")
        .list_kind()
        .columns(vec![
            column(
                "Gateways",
                ".spec.gateways",
                "The names of gateways and sidecars that should apply these routes",
            ),
            column(
                "Hosts",
                ".spec.hosts",
                "The destination hosts to which traffic is being sent",
            ),
            age(),
        ])
}

fn http_route() -> Value {
    object! {
        appendHeaders: labels(),
        appendRequestHeaders: labels(),
        appendResponseHeaders: labels(),
        corsPolicy: object! {
            allowCredentials: nullable(flag()),
            allowHeaders: texts(),
            allowMethods: texts(),
            allowOrigin: texts(),
            exposeHeaders: texts(),
            maxAge: duration(),
        },
        fault: object! {
            abort: fault(object! {
                grpcStatus: text(),
                http2Error: text(),
                httpStatus: int32(),
                percent: int32(),
                percentage: percentage(),
            }, &["httpStatus", "grpcStatus", "http2Error"]),
            delay: fault(object! {
                exponentialDelay: duration(),
                fixedDelay: duration(),
                percent: int32(),
                percentage: percentage(),
            }, &["fixedDelay", "exponentialDelay"]),
        },
        headers: headers(),
        match: list(object! {
            authority: string_match(),
            gateways: texts(),
            headers: map(string_match()),
            ignoreUriCase: flag(),
            method: string_match(),
            name: text(),
            port: count(),
            queryParams: map(string_match()),
            scheme: string_match(),
            sourceLabels: labels(),
            uri: string_match(),
        }),
        mirror: destination(),
        mirrorPercent: nullable(count()),
        mirror_percent: nullable(count()),
        name: text(),
        redirect: object! {
            authority: text(),
            redirectCode: count(),
            uri: text(),
        },
        removeRequestHeaders: texts(),
        removeResponseHeaders: texts(),
        retries: object! {
            attempts: int32(),
            perTryTimeout: duration(),
            retryOn: text(),
        },
        rewrite: object! {
            authority: text(),
            uri: text(),
        },
        route: list(object! {
            appendRequestHeaders: labels(),
            appendResponseHeaders: labels(),
            destination: destination(),
            headers: headers(),
            removeRequestHeaders: texts(),
            removeResponseHeaders: texts(),
            weight: int32(),
        }),
        timeout: duration(),
        websocketUpgrade: flag(),
    }
}

/// One of the kinds of fault must be chosen; each case also speaks of the percentage, without saying anything of it.
fn fault(schema: Value, kinds: &[&str]) -> Value {
    let cases = kinds
        .iter()
        .map(|kind| json!({"required": [kind], "properties": {"percent": {}}}));
    one_of_cases(schema, cases.collect())
}

fn percentage() -> Value {
    object! { value: double() }
}

fn string_match() -> Value {
    let kinds = object! {
        exact: text(),
        prefix: text(),
        regex: text(),
    };
    one_of(kinds, &["exact", "prefix", "regex"])
}

fn headers() -> Value {
    let operations = || {
        object! {
            add: labels(),
            remove: texts(),
            set: labels(),
        }
    };
    object! {
        request: operations(),
        response: operations(),
    }
}

fn destination() -> Value {
    object! {
        host: text(),
        port: port_number(),
        subset: text(),
    }
}

fn weighted() -> Value {
    object! {
        destination: destination(),
        weight: int32(),
    }
}
