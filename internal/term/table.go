package term

import (
	"slices"
	"strings"
)

// Column is how a column of a table is set.
type Column int

const (
	Left Column = iota
	Right
	// Name is on the left and gives way where a terminal is too narrow. Columns
	// of names are the first ones.
	Name
)

// Table writes rows in aligned columns, indented by two, the first row in bold.
// Where names cannot give way enough without becoming alike, they stand on
// lines of their own, above the rest of their row.
func (p *Printer) Table(columns []Column, rows [][]string) {
	widths := make([]int, len(columns))
	for _, row := range rows {
		for i := range row {
			row[i] = Clean(row[i])
			widths[i] = max(widths[i], Width(row[i]))
		}
	}
	short, fits := p.fit(columns, rows, widths)
	names := 0
	for !fits && names < len(columns) && columns[names] == Name {
		widths[names] = Width(rows[0][names])
		names++
	}
	for n, row := range short {
		if n > 0 && names > 0 {
			line := strings.Join(rows[n][:names], "  ")
			if Width(line)+2 > p.Columns() {
				line = strings.Join(rows[n][:names], "\n    ")
			}
			p.Printf("  %s\n", Styled(line))
			row = append(make([]string, names), row[names:]...)
		}
		var b strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", widths[i]-Width(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if columns[i] == Right {
				cell, pad = pad, cell
			}
			b.WriteString(cell + pad)
		}
		line := strings.TrimRight(b.String(), " ")
		if n == 0 {
			p.Printf("  %s\n", p.Bold(line))
			continue
		}
		p.Printf("  %s\n", line)
	}
}

// fit returns the rows of a table with names as short as the terminal's width
// asks for, the last column of names first, and sets widths to theirs. What
// does not go to a terminal stays as it is.
func (p *Printer) fit(columns []Column, rows [][]string, widths []int) (short [][]string, fits bool) {
	over := 2*len(widths) - p.Columns()
	for _, w := range widths {
		over += w
	}
	if over <= 0 || p.Width <= 0 {
		return rows, true
	}
	short = make([][]string, len(rows))
	for n := range rows {
		short[n] = slices.Clone(rows[n])
	}
	const least = 8
	for i := len(columns) - 1; i >= 0 && over > 0; i-- {
		width := max(widths[i]-over, least)
		for columns[i] == Name && width < widths[i] {
			if shorten(short, i, width) {
				over -= widths[i] - width
				widths[i] = width
				break
			}
			width += 2
		}
	}
	return short, over <= 0
}

// shorten shortens the cells of a column in the middle, or where else they
// stay distinct. It reports whether that was possible.
func shorten(rows [][]string, column, width int) bool {
	cells := make([]string, len(rows))
	for step := range width {
		head := (width-1)/2 + (step+1)/2 // from the middle to both sides
		if step%2 == 1 {
			head = (width-1)/2 - (step+1)/2
		}
		if head < 1 || head > width-2 {
			continue
		}
		of := map[string]string{}
		distinct := true
		for n, row := range rows {
			cells[n] = Middle(row[column], width, head)
			other, known := of[cells[n]]
			distinct = distinct && (!known || other == row[column])
			of[cells[n]] = row[column]
		}
		if distinct {
			for n := range rows {
				rows[n][column] = cells[n]
			}
			return true
		}
	}
	return false
}
