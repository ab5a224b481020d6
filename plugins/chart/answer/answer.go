// Package answer makes of a rendering what the contract wants: objects as JSON, hooks, notes, and what to tell the person.
// It must not know how a chart is rendered.
package answer

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"meshhost.dev/chart/engine"
	"meshhost.dev/piece"
	"meshhost.dev/piece/contribute"
)

// Of makes objects, hooks and notes of a rendering.
func Of(output *engine.Output, request *piece.Request) (contribute.Contribution, *piece.Failure) {
	contribution := contribute.Contribution{UsedOnce: output.Used.Random || output.Used.Clock}
	scopes := scopesOf(request.Facts.Served, output)
	var problems []piece.Problem
	for _, document := range slices.Concat(output.CRDs, output.Manifests) {
		objects, found := objects(document, scopes)
		contribution.Objects = append(contribution.Objects, objects...)
		problems = append(problems, found...)
	}
	for _, hook := range output.Hooks {
		objects, found := objects(hook.Document, scopes)
		problems = append(problems, found...)
		for _, object := range objects {
			made, said := hookOf(hook, object)
			contribution.Hooks = append(contribution.Hooks, made)
			contribution.Diagnostics = append(contribution.Diagnostics, said...)
		}
	}
	if len(problems) > 0 {
		return contribution, &piece.Failure{Problems: problems}
	}
	if notes := strings.TrimSpace(output.Notes); notes != "" {
		contribution.Notes = []string{notes}
	}
	contribution.Diagnostics = append(contribution.Diagnostics, diagnostics(output)...)
	return contribution, nil
}

const (
	// longest is how many letters of a line are handed over whole. The host shows little more of one.
	longest = 1800
	start   = 900
	end     = 700
)

// shown is a line, without its middle when it is too long: a template that calls itself a thousand times is named as often,
// and why it was stopped comes last.
func shown(line string) string {
	letters := []rune(line)
	if len(letters) <= longest {
		return line
	}
	return string(letters[:start]) + " … " + string(letters[len(letters)-end:])
}

// Refusal is an error of Helm's, a problem for each line of it.
func Refusal(of error) *piece.Failure {
	failure := &piece.Failure{Problems: []piece.Problem{}}
	for line := range strings.Lines(of.Error()) {
		if line = strings.TrimRight(line, " \n"); line != "" {
			failure.Problems = append(failure.Problems, piece.Problem{Message: shown(line)})
		}
	}
	return failure
}

var occasions = map[string]contribute.Occasion{
	"pre-install": contribute.PreInstall, "post-install": contribute.PostInstall,
	"pre-upgrade": contribute.PreUpgrade, "post-upgrade": contribute.PostUpgrade,
	"pre-delete": contribute.PreDelete, "post-delete": contribute.PostDelete,
	"pre-rollback": contribute.PreRollback, "post-rollback": contribute.PostRollback,
	"test": contribute.Test,
}

var policies = map[string]contribute.DeletePolicy{
	"before-hook-creation": contribute.BeforeHookCreation,
	"hook-succeeded":       contribute.HookSucceeded,
	"hook-failed":          contribute.HookFailed,
}

func hookOf(of engine.Hook, object string) (contribute.Hook, []piece.Diagnostic) {
	hook := contribute.Hook{Manifest: object, Weight: int32(max(math.MinInt32, min(of.Weight, math.MaxInt32)))}
	var said []piece.Diagnostic
	for _, event := range of.Events {
		if occasion, ok := occasions[event]; ok && !slices.Contains(hook.On, occasion) {
			hook.On = append(hook.On, occasion)
		}
	}
	for _, name := range of.DeletePolicies {
		policy, ok := policies[name]
		switch {
		case !ok:
			said = append(said, warning("%s: there is no hook delete policy %q: the hook is removed before it is made again", of.Source, name))
		case !slices.Contains(hook.Delete, policy):
			hook.Delete = append(hook.Delete, policy)
		}
	}
	return hook, said
}

func diagnostics(output *engine.Output) []piece.Diagnostic {
	var all []piece.Diagnostic
	if times := output.Used.Lookup; times > 0 {
		all = append(all, note("templates look up objects of the cluster (%s) and are told that there are none: a piece sees no cluster", count(times)))
	}
	if times := output.Used.DNS; times > 0 {
		all = append(all, note("templates ask for addresses of hosts (%s) and are given none: a piece has no network", count(times)))
	}
	for i, text := range output.Warnings {
		if !slices.Contains(output.Warnings[:i], text) {
			all = append(all, warning("%s", text))
		}
	}
	return all
}

func count(times int) string {
	if times == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", times)
}

func note(format string, arguments ...any) piece.Diagnostic {
	return piece.Diagnostic{Severity: piece.Note, Message: fmt.Sprintf(format, arguments...)}
}

func warning(format string, arguments ...any) piece.Diagnostic {
	return piece.Diagnostic{Severity: piece.Warning, Message: fmt.Sprintf(format, arguments...)}
}
