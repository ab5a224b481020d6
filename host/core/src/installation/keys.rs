//! The settings of an Installation as data: what `reader` reads, in words.

/// Path below `spec` as it can be typed after `--set` (`NAME` stands for any key), what it may hold, what it changes.
pub const KEYS: [(&str, &str, &str); 47] = [
    (
        "namespace",
        "the name of a namespace (lower-case letters, digits and `-`)",
        "where objects go unless something says otherwise",
    ),
    (
        "mesh",
        "a map",
        "what is said once for all charts of a mesh",
    ),
    (
        "mesh.version",
        "a version or a range, such as `1.30.3`",
        "which version of charts is taken that name none and no `repo`",
    ),
    (
        "mesh.charts",
        "a folder, `https://HOST/PATH` or `oci://HOST/PATH`",
        "where charts are taken from that name no `repo`",
    ),
    (
        "fields",
        "a list of rules",
        "whose fields are whose, where others set them too",
    ),
    (
        "fields[0].select",
        "a selector (`group`, `kind`, `namespace`, `name`)",
        "the objects that a rule is about",
    ),
    (
        "fields[0].path",
        "a text, such as `spec.template.spec.tolerations`",
        "the field that a rule is about; all fields when it is left out",
    ),
    (
        "fields[0].policy",
        "one of `own`, `yield`, `create-only`",
        "whether the field is taken over, left to whoever sets it, or only set when the object is made",
    ),
    ("pieces.NAME", "a map", "one piece of the installation"),
    (
        "pieces.NAME.enabled",
        "true or false",
        "whether the piece takes part",
    ),
    (
        "pieces.NAME.source",
        "a map",
        "where its component is read from: one of the next three",
    ),
    (
        "pieces.NAME.source.builtin",
        "a text",
        "the name of a piece inside of this program",
    ),
    (
        "pieces.NAME.source.file",
        "a text",
        "the path of a component file",
    ),
    ("pieces.NAME.source.oci", "a text", "a registry reference"),
    (
        "pieces.NAME.digest",
        "`sha256:` and 64 hexadecimal digits",
        "the digest that the component must have",
    ),
    (
        "pieces.NAME.chart",
        "a map",
        "the Helm chart that the piece renders, in place of a `source`: see docs/charts.md",
    ),
    (
        "pieces.NAME.chart.source",
        "a path, `oci://HOST/PATH:VERSION`, the URL of an archive, or a map of the next three",
        "where the chart is read from",
    ),
    (
        "pieces.NAME.chart.source.repo",
        "a folder, `https://HOST/PATH` or `oci://HOST/PATH`",
        "a folder of charts, their repository, or the path in a registry that they are below; `mesh.charts` when it is left out",
    ),
    (
        "pieces.NAME.chart.source.name",
        "a text",
        "the chart's name there",
    ),
    (
        "pieces.NAME.chart.source.version",
        "a version or a range, such as `~1.30`",
        "which of its versions; the newest that is no pre-release when it is left out",
    ),
    (
        "pieces.NAME.chart.digest",
        "`sha256:` and 64 hexadecimal digits",
        "the digest that the chart's archive must have",
    ),
    (
        "pieces.NAME.values",
        "a map",
        "the chart's values, over those of files",
    ),
    (
        "pieces.NAME.valuesFiles",
        "a list of paths",
        "files with values of the chart, later ones over earlier ones",
    ),
    (
        "pieces.NAME.releaseName",
        "a text",
        "the chart's release name; the piece's name when it is left out",
    ),
    (
        "pieces.NAME.createNamespace",
        "true or false",
        "whether the piece's namespace is made with it",
    ),
    (
        "pieces.NAME.namespace",
        "the name of a namespace (lower-case letters, digits and `-`)",
        "where the piece's objects go, if not where the installation's do",
    ),
    (
        "pieces.NAME.settings",
        "a map",
        "the piece's settings, over what the IstioControlPlane says",
    ),
    ("pieces.NAME.grants", "a map", "what the piece may do"),
    (
        "pieces.NAME.grants.files",
        "a map of texts",
        "paths on this machine, by the names of the piece's wishes",
    ),
    (
        "pieces.NAME.grants.emits",
        "a list of selectors (`group`, `kind`, `namespace`, `name`)",
        "what it may contribute, of what its card says",
    ),
    (
        "pieces.NAME.grants.amends",
        "a list of selectors (`group`, `kind`, `namespace`, `name`)",
        "what of others it may amend, of what its card says",
    ),
    (
        "pieces.NAME.grants.abilities",
        "a list of abilities, such as `host-network`",
        "what its objects may be able to do, of what was approved: see docs/grants.md",
    ),
    ("pieces.NAME.limits", "a map", "what the piece may use"),
    (
        "pieces.NAME.limits.memory",
        "a number of bytes, such as `64Mi`",
        "the largest memory of one call",
    ),
    (
        "pieces.NAME.limits.time",
        "a time, such as `10s` or `500ms`",
        "the longest time of one call",
    ),
    (
        "pieces.NAME.limits.output",
        "a number of bytes, such as `16Mi`",
        "the largest answer of one call",
    ),
    (
        "policies.NAME",
        "a map",
        "what all objects of the bundle must keep to: see docs/grants.md",
    ),
    (
        "policies.NAME.match",
        "a list of selectors (`group`, `kind`, `namespace`, `name`)",
        "the objects that a policy looks at; all when it is left out",
    ),
    (
        "policies.NAME.matchConditions",
        "a list of maps with `name` and `expression`",
        "CEL: an object is looked at only when all are true",
    ),
    (
        "policies.NAME.validations",
        "a list of maps with `expression`, `message` and `messageExpression`",
        "CEL: what must be true of each object",
    ),
    (
        "policies.NAME.images.registries",
        "a list of texts, such as `docker.io/istio`",
        "the registries, or folders in them, that images may come from",
    ),
    (
        "policies.NAME.images.digests",
        "true or false",
        "whether every image must be named by digest",
    ),
    (
        "policies.NAME.labels",
        "a list of texts",
        "labels that each object must have",
    ),
    (
        "policies.NAME.forbid",
        "a list of selectors (`group`, `kind`, `namespace`, `name`)",
        "objects that no piece may bring",
    ),
    (
        "policies.NAME.podSecurity.level",
        "one of `privileged`, `baseline`, `restricted`",
        "the Pod Security Standard that pods keep",
    ),
    (
        "policies.NAME.podSecurity.namespaces",
        "a map of levels",
        "the levels of single namespaces",
    ),
    (
        "metadata.name",
        "a name of lower-case letters, digits and `-`",
        "the installation's name, in files; `--name` on the command line",
    ),
];
