package piece

// Request is what a call works from. The same request must give the same answer.
type Request struct {
	// Installation is the installation's name.
	Installation string
	// Namespace is where objects go unless the settings say otherwise.
	Namespace string
	// Facts are about the cluster.
	Facts Facts
	// Settings is one JSON object that fits the piece's schema, defaults not filled in.
	Settings string
	// Files that were granted, sorted by wish and path.
	Files []File
	// Once is where random values and times come from; package once makes them.
	Once Once
}

// Once is made when the piece first needs it in an installation, and handed back at each later render.
type Once struct {
	// Seed has 32 bytes that nobody can guess.
	Seed []byte
	// Time is seconds since 1970.
	Time uint64
}

// Facts is what is known of the cluster.
type Facts struct {
	Kubernetes Version
	// Served has every kind in every version that is served, sorted.
	Served []Served
	// Platform is kubernetes, or a flavour such as openshift.
	Platform string
}

// Version of the API server.
type Version struct {
	Major, Minor uint32
	// Git is the whole text, for example v1.37.2.
	Git string
}

// Served is one kind in one version.
type Served struct {
	// APIVersion is group/version, or only the version for the core group.
	APIVersion string
	Kind       string
	// Namespaced is whether its objects live in a namespace.
	Namespaced bool
}

// File is a file that the piece wished for and the person granted.
type File struct {
	// Wish is the name of the wish that it fulfils.
	Wish string
	// Path below the granted folder, / between parts.
	Path    string
	Content []byte
}

// Granted is the content of the first file granted for a wish, and whether there is one.
func (request *Request) Granted(wish string) ([]byte, bool) {
	for _, file := range request.Files {
		if file.Wish == wish {
			return file.Content, true
		}
	}
	return nil, false
}
