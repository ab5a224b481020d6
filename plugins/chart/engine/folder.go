package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/ignore"
)

var byteOrderMark = []byte{0xEF, 0xBB, 0xBF}

// folder is one folder of a chart, or one file of it. Helm walks folders by name, and leaves out whole ones.
type folder struct {
	name    string
	file    *File
	entries map[string]*folder
}

func loadFolder(files []File) (*chart.Chart, error) {
	top := &folder{entries: map[string]*folder{}}
	for i := range files {
		top.add(files[i].Path, &files[i])
	}
	described, ok := top.entries[chartFile]
	if !ok || described.file == nil {
		return nil, errors.New("unable to detect chart at Chart.yaml: open Chart.yaml: no such file or directory")
	}
	if err := checkVersion(described.file.Content); err != nil {
		return nil, err
	}
	rules := ignore.Empty()
	if list, ok := top.entries[ignore.HelmIgnore]; ok && list.file != nil {
		read, err := ignore.Parse(bytes.NewReader(list.file.Content))
		if err != nil {
			return nil, err
		}
		rules = read
	}
	rules.AddDefaults()
	walk := walk{rules: rules, left: archive.MaxDecompressedChartSize}
	if err := walk.into(top, ""); err != nil {
		return nil, err
	}
	return loader.LoadFiles(walk.files)
}

func (of *folder) add(rest string, file *File) {
	name, below, isFolder := strings.Cut(rest, "/")
	entry, ok := of.entries[name]
	if !ok {
		entry = &folder{name: name, entries: map[string]*folder{}}
		of.entries[name] = entry
	}
	if isFolder {
		entry.add(below, file)
		return
	}
	entry.file = file
}

type walk struct {
	rules *ignore.Rules
	left  int64
	files []*archive.BufferedFile
}

func (walk *walk) into(of *folder, at string) error {
	for _, name := range slices.Sorted(maps.Keys(of.entries)) {
		entry := of.entries[name]
		place := path.Join(at, name)
		if walk.rules.Ignore(place, entry) {
			continue
		}
		if entry.file == nil {
			if err := walk.into(entry, place); err != nil {
				return err
			}
			continue
		}
		walk.left -= int64(len(entry.file.Content))
		if walk.left < 0 {
			return fmt.Errorf("error reading %s: chart exceeds maximum decompressed size of %d bytes", place, archive.MaxDecompressedChartSize)
		}
		content := bytes.TrimPrefix(entry.file.Content, byteOrderMark)
		walk.files = append(walk.files, &archive.BufferedFile{Name: place, Data: content})
	}
	return nil
}

// What .helmignore's rules ask of a file.

func (of *folder) Name() string       { return of.name }
func (of *folder) IsDir() bool        { return of.file == nil }
func (of *folder) ModTime() time.Time { return time.Time{} }
func (of *folder) Sys() any           { return nil }

func (of *folder) Size() int64 {
	if of.file == nil {
		return 0
	}
	return int64(len(of.file.Content))
}

func (of *folder) Mode() fs.FileMode {
	if of.IsDir() {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
