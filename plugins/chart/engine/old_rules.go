package engine

import (
	"strings"
	"text/template/parse"

	chart "helm.sh/helm/v4/pkg/chart/v2"
)

// forgive takes out of a chart's templates what Go before 1.16 did not look at and later ones refuse: what stands behind
// an expression in parentheses, as in `if (eq .a 1) and (eq .b 2)`, which has always meant `if (eq .a 1)`. Istio 1.4's
// charts say it. Spaces take the place, so that lines and columns stay.
func forgive(of *chart.Chart) {
	for _, file := range of.Templates {
		file.Data = []byte(forgiven(file.Name, string(file.Data)))
	}
	for _, dependency := range of.Dependencies() {
		forgive(dependency)
	}
}

func forgiven(name, text string) string {
	tree := parse.New(name)
	tree.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := tree.Parse(text, "", "", trees); err != nil {
		// Helm tells what is wrong.
		return text
	}
	forgiver := forgiver{text: []byte(text)}
	for _, tree := range trees {
		if tree.Root != nil {
			forgiver.list(tree.Root)
		}
	}
	if tree.Root != nil {
		forgiver.list(tree.Root)
	}
	return string(forgiver.text)
}

type forgiver struct{ text []byte }

func (of *forgiver) list(list *parse.ListNode) {
	if list == nil {
		return
	}
	for _, node := range list.Nodes {
		switch node := node.(type) {
		case *parse.ActionNode:
			of.pipe(node.Pipe)
		case *parse.TemplateNode:
			of.pipe(node.Pipe)
		case *parse.IfNode:
			of.branch(&node.BranchNode)
		case *parse.RangeNode:
			of.branch(&node.BranchNode)
		case *parse.WithNode:
			of.branch(&node.BranchNode)
		}
	}
}

func (of *forgiver) branch(branch *parse.BranchNode) {
	of.pipe(branch.Pipe)
	of.list(branch.List)
	of.list(branch.ElseList)
}

func (of *forgiver) pipe(pipe *parse.PipeNode) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		if inner, ok := command.Args[0].(*parse.PipeNode); ok && len(command.Args) > 1 {
			// The position is that of what stands behind the parenthesis.
			first := of.closing(int(inner.Pos))
			of.blank(first+1, of.closing(first+1))
		}
		for _, argument := range command.Args {
			if inner, ok := argument.(*parse.PipeNode); ok {
				of.pipe(inner)
			}
		}
	}
}

// closing is where the pipeline ends that `from` is in: at a parenthesis, at `|` or at the end of the action.
func (of *forgiver) closing(from int) int {
	depth := 0
	for at := from; at < len(of.text); at++ {
		switch of.text[at] {
		case '"', '\'', '`':
			at = of.quoteEnd(at)
		case '(':
			depth++
		case ')':
			if depth == 0 {
				return at
			}
			depth--
		case '|':
			if depth == 0 {
				return at
			}
		case '}', '-':
			if rest := strings.TrimPrefix(string(of.text[at:min(at+3, len(of.text))]), "-"); depth == 0 && strings.HasPrefix(rest, "}}") {
				return at
			}
		}
	}
	return len(of.text)
}

// quoteEnd is where a text in quotes ends that begins at `from`.
func (of *forgiver) quoteEnd(from int) int {
	for at := from + 1; at < len(of.text); at++ {
		switch {
		case of.text[at] == of.text[from]:
			return at
		case of.text[at] == '\\' && of.text[from] != '`':
			at++
		}
	}
	return len(of.text)
}

func (of *forgiver) blank(from, to int) {
	for at := from; at < min(to, len(of.text)); at++ {
		if of.text[at] != '\n' {
			of.text[at] = ' '
		}
	}
}
