//! Settings that install, and then surprise. Owns what to say about them; changes nothing.

use meshhost_piece::Diagnostic;

use crate::values::{Components, Values};

/// What to tell about the values of what is installed.
pub(crate) fn advice(values: &Values, components: &Components) -> Vec<Diagnostic> {
    let mut advice = Vec::new();
    let mut note = |path: &str, message: String| {
        advice.push(Diagnostic {
            path: Some(path.to_owned()),
            ..Diagnostic::note(message)
        });
    };
    if components.kiali.enabled {
        let secret = &values.kiali.dashboard.secret_name;
        if values.kiali.create_demo_secret {
            note(
                "values.kiali.createDemoSecret",
                format!("name and password of kiali are admin: change the Secret {secret}"),
            );
        } else {
            note(
                "values.kiali.dashboard.secretName",
                format!(
                    "nobody can log in to kiali before there is a Secret {secret} with username and passphrase"
                ),
            );
        }
    }
    // Read by no chart of 1.4, though each has the key: only prometheus gets an Ingress.
    for (installed, name, ingress) in [
        (
            components.grafana.enabled,
            "grafana",
            &values.grafana.ingress,
        ),
        (
            components.tracing.enabled,
            "tracing",
            &values.tracing.ingress,
        ),
        (components.kiali.enabled, "kiali", &values.kiali.ingress),
    ] {
        if installed && ingress.enabled {
            advice.push(Diagnostic::warning(
                format!("values.{name}.ingress.enabled"),
                "Istio 1.4 accepts this key and does nothing with it: of the add-ons only prometheus gets an Ingress",
            ));
        }
    }
    advice
}
