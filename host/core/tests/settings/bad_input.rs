//! What people get wrong: each is refused with the place, the path and what to do, and nothing panics.

use crate::{Layers, layers, resolve};

/// What was said of `f.yaml`; hints follow behind ` | `.
fn said_of(text: &str) -> String {
    let mut layers = Layers::new();
    layers.file("f.yaml", text);
    said(layers)
}

fn said(layers: Layers) -> String {
    let problems = resolve(layers).err().map(|problems| problems.to_string());
    problems.unwrap_or_default().replace("\n  ", " | ")
}

/// `spec` of a document, indented.
fn below(head: &str, spec: &str) -> String {
    let indented: Vec<String> = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("{head}spec:\n{}", indented.concat())
}

#[test]
fn what_is_no_document_of_settings() {
    for (text, expected) in [
        // empty file
        (
            "",
            "f.yaml:1:1: holds no settings | write a document of `IstioControlPlane` or of `Installation`",
        ),
        // only comments
        (
            "# nothing\n---\n",
            "f.yaml:1:1: holds no settings | write a document of `IstioControlPlane` or of `Installation`",
        ),
        // a text
        (
            "hello\n",
            "f.yaml:1:1: must be a map with `apiVersion`, `kind` and `spec`, not a text",
        ),
        // a list
        (
            "- a\n",
            "f.yaml:1:1: must be a map with `apiVersion`, `kind` and `spec`, not a list",
        ),
        // a number
        (
            "7\n",
            "f.yaml:1:1: must be a map with `apiVersion`, `kind` and `spec`, not a number",
        ),
        // not YAML
        ("a: [1\n", "f.yaml:1:4: is not YAML: unclosed bracket '['"),
        // tab
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n\tcni: {}\n",
            "f.yaml:4:2: a tab stands where only spaces may indent | indent with spaces",
        ),
        // colon
        (
            "a: b: c\n",
            "f.yaml:1:5: is not YAML: mapping values are not allowed in this context",
        ),
        // quote
        ("a: 'x\n", "f.yaml:1:4: is not YAML: unclosed quote"),
        // control char
        (
            "a: \u{1}\n",
            "f.yaml:1:4: is not YAML: unexpected character: `\\\\u{1}' | remove the character; in a quoted text it is written with a backslash",
        ),
        // NUL
        (
            "a: \u{0}\n",
            "f.yaml:1:4: is not YAML: unexpected character: `\\\\u{0}' | remove the character; in a quoted text it is written with a backslash",
        ),
        // dup key
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  hub: a\n  hub: b\n",
            "f.yaml:5:3: the key `hub` stands twice in one map | keep one of the two",
        ),
        // dup deep
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  cni:\n    enabled: true\n    enabled: false\n",
            "f.yaml:6:5: the key `enabled` stands twice in one map | keep one of the two",
        ),
        // unknown anchor
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  hub: *x\n",
            "f.yaml:4:8: is not YAML: alias references unknown anchor",
        ),
        // tag
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  hub: !secret x\n",
            "f.yaml:4:16: is not YAML: unsupported tag `!secret`",
        ),
        // nan
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  values: {pilot: {traceSampling: .nan}}\n",
            "f.yaml:4:35: is not a finite number | write it in quotes if a text is meant",
        ),
        // list key
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  ? [a]\n  : b\n",
            "f.yaml:4:5: a key of a map must be a text | write the key in quotes",
        ),
        // null key
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  ~: b\n",
            "f.yaml:4:3: a key of a map must be a text | write the key in quotes",
        ),
        // bad escape
        (
            "a: \"\\q\"\n",
            "f.yaml:1:4: is not YAML: while parsing a quoted scalar, found unknown escape character",
        ),
        // second document bad
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec:\n  hub: x\n---\nspec: [\n",
            "f.yaml:6:7: is not YAML: unclosed bracket '['",
        ),
        // no kind
        (
            "apiVersion: install.istio.io/v1alpha2\nspec: {}\n",
            "f.yaml:1:1: lacks `kind`, so it is no document of settings | write `apiVersion: install.istio.io/v1alpha2` and `kind: IstioControlPlane`, or `apiVersion: meshhost.dev/v1alpha1` and `kind: Installation`",
        ),
        // no apiVersion
        (
            "kind: IstioControlPlane\nspec: {}\n",
            "f.yaml:1:1: lacks `apiVersion`, so it is no document of settings | write `apiVersion: install.istio.io/v1alpha2` and `kind: IstioControlPlane`, or `apiVersion: meshhost.dev/v1alpha1` and `kind: Installation`",
        ),
        // wrong version
        (
            "apiVersion: install.istio.io/v1alpha1\nkind: IstioControlPlane\nspec: {}\n",
            "f.yaml:1:13: apiVersion: `install.istio.io/v1alpha1` is not an apiVersion of IstioControlPlane known here | write `install.istio.io/v1alpha2`",
        ),
        // wrong kind
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlplane\nspec: {}\n",
            "f.yaml:2:7: kind: `IstioControlplane` is not a kind of install.istio.io/v1alpha2 | write `IstioControlPlane`",
        ),
        // IstioOperator
        (
            "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {}\n",
            "f.yaml:2:7: kind: `IstioOperator` is no kind of settings | that is the API of Istio 1.5 and later; here settings are an IstioControlPlane (1.4) or an Installation",
        ),
        // object
        (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n",
            "f.yaml:2:7: kind: `Deployment` is no kind of settings | objects are not settings: a piece contributes them; write `apiVersion: install.istio.io/v1alpha2` and `kind: IstioControlPlane`, or `apiVersion: meshhost.dev/v1alpha1` and `kind: Installation`",
        ),
        // helm values
        (
            "global:\n  mtls: {enabled: true}\npilot: {}\n",
            "f.yaml:1:1: lacks `kind`, so it is no document of settings | it looks like values of a chart: they stand below `spec.values` of an IstioControlPlane; write `apiVersion: install.istio.io/v1alpha2` and `kind: IstioControlPlane`, or `apiVersion: meshhost.dev/v1alpha1` and `kind: Installation`",
        ),
        // kind is a list
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: [IstioControlPlane]\n",
            "f.yaml:2:7: kind: `[\"IstioControlPlane\"]` is not a kind of install.istio.io/v1alpha2 | write `IstioControlPlane`",
        ),
        // beside spec
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec: {}\nhub: x\n",
            "f.yaml:4:1: hub: is not a part of this document | settings stand below `spec`: `spec.hub`",
        ),
        // spce
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspce: {}\n",
            "f.yaml:3:1: spce: is not a part of this document | did you mean `spec`?",
        ),
        // spec is a list
        (
            "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\nspec: []\n",
            "f.yaml:3:7: spec: must be a map, not a list `[]`",
        ),
        // bad name
        (
            "apiVersion: meshhost.dev/v1alpha1\nkind: Installation\nmetadata: {name: My Mesh}\nspec: {}\n",
            "f.yaml:3:18: metadata.name: must be a name of lower-case letters, digits and `-`, not `My Mesh`",
        ),
    ] {
        assert_eq!(said_of(text), expected, "{text:?}");
    }
}

#[test]
fn mistakes_in_an_istio_control_plane() {
    let head = "apiVersion: install.istio.io/v1alpha2\nkind: IstioControlPlane\n";
    for (spec, expected) in [
        // unknown at top
        (
            "trafficManagment: {enabled: true}",
            "f.yaml:4:3: trafficManagment: is not a setting of an IstioControlPlane | did you mean `trafficManagement`?",
        ),
        // component at top
        (
            "pilot: {enabled: true}",
            "f.yaml:4:3: pilot: is not a setting of an IstioControlPlane | did you mean `trafficManagement.components.pilot`, or `values.pilot`?",
        ),
        // installPackagePath
        (
            "installPackagePath: /tmp/charts",
            "f.yaml:4:3: installPackagePath: charts are not read from a path: what is installed comes from pieces, and `--plugin [NAME=]FILE` replaces one",
        ),
        // unknown in feature
        (
            "cni: {enabld: true}",
            "f.yaml:4:9: cni.enabld: is not a setting of the feature `cni` | did you mean `enabled`?",
        ),
        // component in feature
        (
            "gateways: {ingressGateway: {enabled: true}}",
            "f.yaml:4:14: gateways.ingressGateway: is not a setting of the feature `gateways` | did you mean `gateways.components.ingressGateway`?",
        ),
        // unknown component
        (
            "security: {components: {citadell: {enabled: true}}}",
            "f.yaml:4:27: security.components.citadell: is not a setting of the components of `security` | did you mean `citadel`?",
        ),
        // unknown in component
        (
            "security: {components: {citadel: {enable: true}}}",
            "f.yaml:4:37: security.components.citadel.enable: is not a setting of the component `citadel` | did you mean `enabled`?",
        ),
        // k8s outside k8s
        (
            "security: {components: {citadel: {resources: {}}}}",
            "f.yaml:4:37: security.components.citadel.resources: is not a setting of the component `citadel` | did you mean `k8s.resources`?",
        ),
        // unknown in k8s
        (
            "security: {components: {citadel: {k8s: {replicas: 1}}}}",
            "f.yaml:4:43: security.components.citadel.k8s.replicas: is not a setting of `k8s` | did you mean `replicaCount`?",
        ),
        // unknown below k8s
        (
            "security: {components: {citadel: {k8s: {resources: {request: {cpu: 1m}}}}}}",
            "f.yaml:4:55: security.components.citadel.k8s.resources.request: is not a setting of piece control-plane | did you mean `requests`?",
        ),
        // feature is bool
        (
            "cni: true",
            "f.yaml:4:8: cni: must be a map, not a boolean `true`",
        ),
        // enabled is text
        (
            "cni: {enabled: maybe}",
            "f.yaml:4:18: cni.enabled: must be true or false, not a text `maybe`",
        ),
        // enabled in quotes
        (
            "cni: {enabled: \"true\"}",
            "f.yaml:4:18: cni.enabled: must be true or false, not a text `true` | write it without quotes",
        ),
        // components is a list
        (
            "cni: {components: [cni]}",
            "f.yaml:4:21: cni.components: must be a map, not a list `[\"cni\"]`",
        ),
        // component is bool
        (
            "cni: {components: {cni: true}}",
            "f.yaml:4:27: cni.components.cni: must be a map, not a boolean `true`",
        ),
        // namespace is a map
        (
            "cni: {components: {namespace: {name: x}}}",
            "f.yaml:4:33: cni.components.namespace: must be the name of a namespace (lower-case letters, digits and `-`), not a map `{\"name\":\"x\"}`",
        ),
        // namespace is no label
        (
            "defaultNamespace: Istio_System",
            "f.yaml:4:21: defaultNamespace: must be the name of a namespace (lower-case letters, digits and `-`), not a text `Istio_System`",
        ),
        // tag is a number
        (
            "tag: 1.4",
            "f.yaml:4:8: tag: must be an image tag, such as `1.4.2`, not a number `1.4` | write it in quotes",
        ),
        // tag is bad
        (
            "tag: \"1.4 2\"",
            "f.yaml:4:8: tag: must be an image tag, such as `1.4.2`, not a text `1.4 2`",
        ),
        // hub is bad
        (
            "hub: \"docker.io/istio:x y\"",
            "f.yaml:4:8: hub: must be a registry and folder of images, such as `docker.io/istio`, not a text `docker.io/istio:x y`",
        ),
        // profile is a list
        (
            "profile: [demo]",
            "f.yaml:4:12: profile: must be the name of a profile, not a list",
        ),
        // values is a list
        (
            "values: []",
            "f.yaml:4:11: values: must be a map, not a list `[]`",
        ),
        // unvalidatedValues is text
        (
            "unvalidatedValues: x",
            "f.yaml:4:22: unvalidatedValues: must be a map, not a text `x`",
        ),
        // replicaCount is negative
        (
            "security: {components: {citadel: {k8s: {replicaCount: -1}}}}",
            "f.yaml:4:57: security.components.citadel.k8s.replicaCount: must be a whole number from 0, not a number `-1`",
        ),
        // replicaCount is a fraction
        (
            "security: {components: {citadel: {k8s: {replicaCount: 1.5}}}}",
            "f.yaml:4:57: security.components.citadel.k8s.replicaCount: must be a whole number from 0, not a number `1.5`",
        ),
        // env is a map
        (
            "security: {components: {citadel: {k8s: {env: {A: b}}}}}",
            "f.yaml:4:43: security.components.citadel.k8s.env: must be a list, not a map `{\"A\":\"b\"}`\nf.yaml:4:48: security.components.citadel.k8s.env: must be a list, not a map `{\"A\":\"b\"}`",
        ),
        // env value is a number
        (
            "security: {components: {citadel: {k8s: {env: [{name: A, value: 1}]}}}}",
            "f.yaml:4:66: security.components.citadel.k8s.env[0].value: must be a text, not a number `1` | write it in quotes",
        ),
        // quantity is a number
        (
            "security: {components: {citadel: {k8s: {resources: {requests: {cpu: 1}}}}}}",
            "f.yaml:4:71: security.components.citadel.k8s.resources.requests.cpu: must be a text, not a number `1` | write it in quotes",
        ),
        // unknown root
        (
            "values: {gatways: {}}",
            "f.yaml:4:12: values.gatways: no piece of this installation reads this part of the values | did you mean `gateways`?",
        ),
        // refused root
        (
            "values: {prometheusOperator: {enabled: true}}",
            "f.yaml:4:12: values.prometheusOperator: the Prometheus operator variant of Istio 1.4 is not supported; `values.prometheus` is",
        ),
        // unknown in values
        (
            "values: {cni: {excludeNamespace: [x]}}",
            "f.yaml:4:18: values.cni.excludeNamespace: is not a setting of piece cni | did you mean `excludeNamespaces`?",
        ),
        // shared root
        (
            "values: {global: {mtls: {enable: true}}}",
            "f.yaml:4:28: values.global.mtls.enable: is not a setting of any piece of this installation | did you mean `enabled`?",
        ),
        // enum
        (
            "values: {gateways: {istio-ingressgateway: {type: ClusterIp}}}",
            "f.yaml:4:52: values.gateways.istio-ingressgateway.type: must be one of \"ClusterIP\", \"NodePort\", \"LoadBalancer\", not \"ClusterIp\" | did you mean `ClusterIP`?",
        ),
        // range
        (
            "values: {global: {proxy: {concurrency: 70000}}}",
            "f.yaml:4:42: values.global.proxy.concurrency: must be at most 65535",
        ),
        // list of numbers
        (
            "values: {cni: {excludeNamespaces: [1]}}",
            "f.yaml:4:38: values.cni.excludeNamespaces[0]: must be a text, not a number `1` | write it in quotes",
        ),
        // addon switch
        (
            "values: {grafana: {enabled: 'yes'}}",
            "f.yaml:4:31: values.grafana.enabled: must be true or false, not a text `yes` | write `true`",
        ),
        // list is a text
        (
            "values: {cni: {excludeNamespaces: istio-system}}",
            "f.yaml:4:37: values.cni.excludeNamespaces: must be a list, not a text `istio-system`",
        ),
        // old and new spelling
        (
            "traffic_management: {enabled: true}\ntrafficManagement: {enabled: true}",
            "f.yaml:4:3: traffic_management: is the same as `trafficManagement`, which stands beside it | keep one of the two",
        ),
        // several at once
        (
            "hubb: x\ncni: {enabled: 1}\nvalues: {cni: {foo: 1}}",
            "f.yaml:4:3: hubb: is not a setting of an IstioControlPlane | did you mean `hub`?\nf.yaml:5:18: cni.enabled: must be true or false, not a number `1`\nf.yaml:6:18: values.cni.foo: is not a setting of piece cni | known here: `enabled`, `excludeNamespaces`, `logLevel`, `namespace` and `tag`",
        ),
        // unknown profile
        (
            "profile: demoo",
            "f.yaml:4:12: profile: there is no profile `demoo` | did you mean `demo`?",
        ),
    ] {
        assert_eq!(said_of(&below(head, spec)), expected, "{spec:?}");
    }
}

#[test]
fn mistakes_in_an_installation() {
    let head = "apiVersion: meshhost.dev/v1alpha1\nkind: Installation\n";
    for (spec, expected) in [
        // unknown in installation
        (
            "piece: []",
            "f.yaml:4:3: piece: is not a setting of an Installation | did you mean `pieces`?",
        ),
        // pieces is a map
        (
            "pieces: {cni: {}}",
            "f.yaml:4:11: pieces: must be a list of pieces, not a map `{\"cni\":{}}`",
        ),
        // piece is text
        (
            "pieces: [cni]",
            "f.yaml:4:12: pieces[0]: must be a map with `name`, not a text `cni`",
        ),
        // piece without name
        (
            "pieces: [{enabled: true}]",
            "f.yaml:4:12: pieces[0]: lacks `name` | a piece is named by `name: NAME`",
        ),
        // piece name
        (
            "pieces: [{name: My_Piece}]",
            "f.yaml:4:19: pieces[0].name: must be a name of lower-case letters, digits and `-`, not a text `My_Piece`",
        ),
        // piece twice
        (
            "pieces: [{name: cni}, {name: cni}]",
            "f.yaml:4:32: pieces[1].name: a piece of this name stands before (f.yaml:4:19) | give each piece of one document a name of its own",
        ),
        // piece without source
        (
            "pieces: [{name: acme}]",
            "f.yaml:4:19: pieces.acme: there is no piece `acme` here, and nothing says where it comes from | give it a `source: {builtin: NAME}`, `{file: PATH}` or `{oci: REFERENCE}`, or a `chart`",
        ),
        // piece misspelt
        (
            "pieces: [{name: cnii, enabled: true}]",
            "f.yaml:4:19: pieces.cnii: there is no piece `cnii` here, and nothing says where it comes from | did you mean `cni`?",
        ),
        // unknown in piece
        (
            "pieces: [{name: cni, setings: {}}]",
            "f.yaml:4:24: pieces.cni.setings: is not a setting of a piece | did you mean `settings`?",
        ),
        // two sources
        (
            "pieces: [{name: cni, source: {file: a, builtin: b}}]",
            "f.yaml:4:32: pieces.cni.source: says several places where the piece comes from | give one of `builtin: NAME`, `file: PATH` and `oci: REFERENCE`",
        ),
        // no source in source
        (
            "pieces: [{name: cni, source: {}}]",
            "f.yaml:4:32: pieces.cni.source: says nothing of where the piece comes from | give one of `builtin: NAME`, `file: PATH` and `oci: REFERENCE`",
        ),
        // source is text
        (
            "pieces: [{name: cni, source: ./cni.wasm}]",
            "f.yaml:4:32: pieces.cni.source: must be a map, not a text `./cni.wasm` | write `{file: ./cni.wasm}`, or `{oci: …}`",
        ),
        // unknown source
        (
            "pieces: [{name: cni, source: {path: ./cni.wasm}}]",
            "f.yaml:4:33: pieces.cni.source.path: is not a setting of a source | known here: `builtin`, `file` and `oci`",
        ),
        // digest
        (
            "pieces: [{name: cni, digest: latest}]",
            "f.yaml:4:32: pieces.cni.digest: must be `sha256:` and 64 hexadecimal digits, not a text `latest`",
        ),
        // piece namespace
        (
            "pieces: [{name: cni, namespace: Kube_System}]",
            "f.yaml:4:35: pieces.cni.namespace: must be the name of a namespace (lower-case letters, digits and `-`), not a text `Kube_System`",
        ),
        // settings is a list
        (
            "pieces: [{name: cni, settings: [a]}]",
            "f.yaml:4:34: pieces.cni.settings: must be a map, not a list `[\"a\"]`",
        ),
        // enabled of a piece
        (
            "pieces: [{name: cni, enabled: 1}]",
            "f.yaml:4:33: pieces.cni.enabled: must be true or false, not a number `1`",
        ),
        // memory
        (
            "pieces: [{name: cni, limits: {memory: lots}}]",
            "f.yaml:4:41: pieces.cni.limits.memory: must be a number of bytes, such as `64Mi`, not a text `lots`",
        ),
        // no memory
        (
            "pieces: [{name: cni, limits: {memory: 0}}]",
            "f.yaml:4:41: pieces.cni.limits.memory: must be a number of bytes, such as `64Mi`, not a number `0`",
        ),
        // time
        (
            "pieces: [{name: cni, limits: {time: 5}}]",
            "f.yaml:4:39: pieces.cni.limits.time: must be a time, such as `10s` or `500ms`, not a number `5`",
        ),
        // unknown limit
        (
            "pieces: [{name: cni, limits: {cpu: 5}}]",
            "f.yaml:4:33: pieces.cni.limits.cpu: is not a setting of limits | known here: `compileMemory`, `compileTime`, `files`, `filesDepth`, `filesSize`, `memory`, `moduleSize`, `objects`, `output`, `stack` and `time`",
        ),
        // unknown grant
        (
            "pieces: [{name: cni, grants: {network: true}}]",
            "f.yaml:4:33: pieces.cni.grants.network: is not a setting of grants | known here: `abilities`, `amends`, `emits` and `files`",
        ),
        // files
        (
            "pieces: [{name: cni, grants: {files: [a]}}]",
            "f.yaml:4:40: pieces.cni.grants.files: must be a map of wishes to paths, not a list `[\"a\"]`",
        ),
        // ability
        (
            "pieces: [{name: cni, grants: {abilities: [priviledged]}}]",
            "f.yaml:4:45: pieces.cni.grants.abilities[0]: `priviledged` is no ability | did you mean `privileged`?",
        ),
        // policies
        (
            "policies: {a: b}",
            "f.yaml:4:13: policies: must be a list of policies, not a map `{\"a\":\"b\"}`",
        ),
        // selector
        (
            "pieces: [{name: cni, grants: {emits: [{kinds: x}]}}]",
            "f.yaml:4:42: pieces.cni.grants.emits[0].kinds: is not a setting of a selector | did you mean `kind`?",
        ),
        // selector value
        (
            "pieces: [{name: cni, grants: {amends: [{kind: [x]}]}}]",
            "f.yaml:4:49: pieces.cni.grants.amends[0].kind: must be a text, not a list `[\"x\"]`",
        ),
        // piece settings
        (
            "pieces: [{name: critical-pods, enabled: true, settings: {priorityClassName: high, workload: []}}]",
            "f.yaml:4:79: pieces.critical-pods.settings.priorityClassName: must be one of \"system-node-critical\", \"system-cluster-critical\", not \"high\"\nf.yaml:4:85: pieces.critical-pods.settings.workload: is not a setting of piece critical-pods | did you mean `workloads`?",
        ),
        // installation namespace
        (
            "namespace: 7",
            "f.yaml:4:14: namespace: must be the name of a namespace (lower-case letters, digits and `-`), not a number `7`",
        ),
    ] {
        assert_eq!(said_of(&below(head, spec)), expected, "{spec:?}");
    }
}

#[test]
fn mistakes_in_set() {
    let cases: &[(&[&str], &str)] = &[
        (
            &[""],
            "--set : is empty | write PATH=VALUE, and `\\,` for a comma inside a value",
        ),
        (
            &["cni.enabled"],
            "--set cni.enabled: `cni.enabled` has no value | write PATH=VALUE; PATH=null takes a setting away",
        ),
        (
            &["=true"],
            "--set =true: a key is missing here | write keys with one dot between, and a list's entry without: `a.b[0].c`",
        ),
        (
            &["cni..enabled=true"],
            "--set cni..enabled=true: a key is missing here | write keys with one dot between, and a list's entry without: `a.b[0].c`",
        ),
        (
            &["cni.enabled=true,"],
            "--set cni.enabled=true,: nothing stands before or behind a comma | write PATH=VALUE, and `\\,` for a comma inside a value",
        ),
        (
            &["cni[x]=1"],
            "--set cni[x]=1: `x` is no entry of a list | entries are counted from 0: `list[0]`",
        ),
        (
            &["cni.enabled =true"],
            "--set cni.enabled =true: `enabled ` is no key | write no spaces around keys and `=`, and no control characters",
        ),
        (
            &["values.x={a"],
            "--set values.x={a: values.x: `{` is not closed | write a list as `{a,b}`, and a text that begins with a brace as `\\{`",
        ),
        (
            &["profil=demo"],
            "--set profil=demo: profil: is not a setting of an IstioControlPlane | did you mean `profile`?",
        ),
        (
            &["profile=demoo"],
            "--set profile=demoo: profile: there is no profile `demoo` | did you mean `demo`?",
        ),
        (
            &["profile=demo", "profile={a}"],
            "--set profile={a}: profile: is one value (--set profile=demo) and cannot become a list | set what is inside it, or take it away with `profile=null` first",
        ),
        (
            &["cni.enabled=maybe"],
            "--set cni.enabled=maybe: cni.enabled: must be true or false, not a text `maybe`",
        ),
        (
            &["cni.enabled=1"],
            "--set cni.enabled=1: cni.enabled: must be true or false, not a number `1`",
        ),
        (
            &["cni.enabled.x=true"],
            "--set cni.enabled.x=true: cni.enabled.x: `cni.enabled` is a boolean (profile default), so there is no `x` in it | leave one of the two out, or take the other away with `cni.enabled=null` first",
        ),
        (
            &["cni=true"],
            "--set cni=true: cni: is a map (profile default) and cannot become one value | set what is inside it, or take it away with `cni=null` first",
        ),
        (
            &["cni={a,b}"],
            "--set cni={a,b}: cni: is a map (profile default) and cannot become a list | set what is inside it, or take it away with `cni=null` first",
        ),
        (
            &["cni.components.cni.namespace=Kube System"],
            "--set cni.components.cni.namespace=Kube System: cni.components.cni.namespace: must be the name of a namespace (lower-case letters, digits and `-`), not a text `Kube System`",
        ),
        (
            &["cni.components.cnii.enabled=true"],
            "--set cni.components.cnii.enabled=true: cni.components.cnii: is not a setting of the components of `cni` | did you mean `cni`?",
        ),
        (
            &["values.cni.excludeNamespaces=a"],
            "--set values.cni.excludeNamespaces=a: values.cni.excludeNamespaces: must be a list, not a text `a`",
        ),
        (
            &["values.cni.excludeNamespaces[2]=a"],
            "--set values.cni.excludeNamespaces[2]=a: values.cni.excludeNamespaces[2]: `values.cni.excludeNamespaces` has 0 entries, so there is no [2] | the next free entry is `values.cni.excludeNamespaces[0]`",
        ),
        (
            &["values.gateways.istio-ingressgateway.type=clusterip"],
            "--set values.gateways.istio-ingressgateway.type=clusterip: values.gateways.istio-ingressgateway.type: must be one of \"ClusterIP\", \"NodePort\", \"LoadBalancer\", not \"clusterip\" | did you mean `ClusterIP`?",
        ),
        (
            &["values.gateways.istio-ingresgateway.type=ClusterIP"],
            "--set values.gateways.istio-ingresgateway.type=ClusterIP: values.gateways.istio-ingresgateway: is not a setting of any piece of this installation | did you mean `istio-ingressgateway`?",
        ),
        (
            &["trafficManagement.components.pilot.k8s.replicaCount=two"],
            "--set trafficManagement.components.pilot.k8s.replicaCount=two: trafficManagement.components.pilot.k8s.replicaCount: must be a whole number from 0, not a text `two`",
        ),
        (
            &["trafficManagement.components.pilot.k8s.env[0].nam=x"],
            "--set trafficManagement.components.pilot.k8s.env[0].nam=x: trafficManagement.components.pilot.k8s.env[0].nam: is not a setting of piece control-plane | did you mean `name`?",
        ),
        (
            &[
                "values.global.proxy.includeIPRanges=a",
                "values.global.proxy.includeIPRanges.b=c",
            ],
            "--set values.global.proxy.includeIPRanges.b=c: values.global.proxy.includeIPRanges.b: `values.global.proxy.includeIPRanges` is a text (--set values.global.proxy.includeIPRanges=a), so there is no `b` in it | leave one of the two out, or take the other away with `values.global.proxy.includeIPRanges=null` first",
        ),
        (
            &["values.cni.logLevel=a,values.cni.logLevel=b"],
            "--set values.cni.logLevel=a,values.cni.logLevel=b: values.cni.logLevel: is set twice in one --set | keep one of the two",
        ),
        (
            &["pieces.cnii.enabled=true"],
            "--set pieces.cnii.enabled=true: pieces.cnii: there is no piece `cnii` here, and nothing says where it comes from | did you mean `cni`?",
        ),
        (
            &["pieces.cni.enabled=maybe"],
            "--set pieces.cni.enabled=maybe: pieces.cni.enabled: must be true or false, not a text `maybe`",
        ),
        (
            &["pieces[0].enabled=true"],
            "--set pieces[0].enabled=true: pieces[0].enabled: `pieces` is a map (profile default), so there is no [0] in it | name one of its keys: `pieces.KEY`",
        ),
        (
            &["spec.cni.enabled=true"],
            "--set spec.cni.enabled=true: spec.cni.enabled: nothing can be set here | paths begin below `spec`: `cni.enabled`, `values.global.…`, `pieces.NAME.…`",
        ),
        (
            &["namespace=My Space"],
            "--set namespace=My Space: namespace: must be the name of a namespace (lower-case letters, digits and `-`), not a text `My Space`",
        ),
        (
            &["pieces.cni.source.fil=x"],
            "--set pieces.cni.source.fil=x: pieces.cni.source.fil: is not a setting of a source | did you mean `file`?",
        ),
        (
            &["values.cni.tag[0]=1"],
            "--set values.cni.tag[0]=1: values.cni.tag: must be a text, not a list `[1]`",
        ),
        (
            &["unvalidatedValues=1"],
            "--set unvalidatedValues=1: unvalidatedValues: must be a map, not a number `1`",
        ),
        (
            &["[0]=1"],
            "--set [0]=1: a key is missing here | write keys with one dot between, and a list's entry without: `a.b[0].c`",
        ),
    ];
    for (sets, expected) in cases {
        // A place in the profile may move.
        let said = said(layers(sets));
        let line = said.find("(profile default:").map(|at| {
            let end = said[at..].find(')').map_or(said.len(), |end| at + end);
            said[at..end].to_owned()
        });
        let said = line.map_or(said.clone(), |line| said.replace(&line, "(profile default"));
        assert_eq!(said, *expected, "{sets:?}");
    }
}

#[test]
fn flags_that_contradict_each_other() {
    let mut two_profiles = layers(&["profile=minimal"]);
    two_profiles.profile("demo");
    assert_eq!(
        said(two_profiles),
        "--set profile=minimal: profile: says another profile than `--profile demo` | keep one of the two"
    );
    let mut same_profile = layers(&["profile=minimal"]);
    same_profile.profile("minimal");
    assert_eq!(said(same_profile), "");
    let mut unknown = Layers::new();
    unknown.profile("minimial");
    assert_eq!(
        said(unknown),
        "--profile minimial: profile: there is no profile `minimial` | did you mean `minimal`?"
    );
    let source = || meshhost_core::resolve::PieceSource::File("x.wasm".into());
    let mut twice = Layers::new();
    twice.plugin("x.wasm", "cni", source(), None);
    twice.plugin("cni=y.wasm", "cni", source(), None);
    assert_eq!(
        said(twice),
        "--plugin cni=y.wasm: piece `cni` is given twice (--plugin x.wasm) | give the second one a name of its own: NAME=FILE"
    );
    let mut bad_names = Layers::new();
    bad_names.plugin("My Piece=x.wasm", "My Piece", source(), None);
    bad_names.name("My Mesh");
    bad_names.namespace("My Space");
    assert_eq!(said(bad_names).lines().count(), 2);
    let overridden = resolve(layers(&["hub=a", "hub=b"])).unwrap();
    assert_eq!(
        overridden.warnings[0].to_string(),
        "--set hub=a: hub: has no effect: --set hub=b says otherwise later\n  keep one of the two"
    );
}
