// Command go-note checks, with the libraries of Go's checksum database, what Entente writes:
//
//	go run . <log folder> <log key line> [<note file> <key line>...]
//
// the signature of the log's checkpoint, every tile against it, every entry's inclusion in the tree, that each smaller tree
// is a prefix of it, and that the note is signed by each of the keys. It prints one line and exits 0 when all is well.
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8 // of a tile: 256 hashes

// folder reads tiles as tlog-tiles names them: as Go's checksum database does, but without the height.
type folder string

func (f folder) Height() int { return height }

func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		name := strings.Replace(t.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := os.ReadFile(filepath.Join(string(f), name))
		if err != nil {
			return nil, err
		}
		out = append(out, data)
	}
	return out, nil
}

// open verifies a note under one key and returns its text.
func open(path, vkey string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return "", err
	}
	n, err := note.Open(data, note.VerifierList(verifier))
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return n.Text, nil
}

// checkpoint is the tree of a log whose origin is the name of its key.
func checkpoint(dir, vkey string) (tlog.Tree, error) {
	var tree tlog.Tree
	text, err := open(filepath.Join(dir, "checkpoint"), vkey)
	if err != nil {
		return tree, err
	}
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != strings.SplitN(vkey, "+", 2)[0] {
		return tree, errors.New("not the three lines of a checkpoint of this log")
	}
	if tree.N, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
		return tree, err
	}
	tree.Hash, err = tlog.ParseHash(lines[2])
	return tree, err
}

// bundle returns the entries of a bundle of the tree.
func bundle(dir string, tree tlog.Tree, n int64) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: -1, N: n, W: int(min(tree.N-n<<height, 1<<height))}
	name := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/data", height), "tile/entries", 1)
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	var entries [][]byte
	for len(data) >= 2 {
		size := int(binary.BigEndian.Uint16(data))
		if len(data) < 2+size {
			break
		}
		entries = append(entries, data[2:2+size])
		data = data[2+size:]
	}
	if len(data) != 0 || len(entries) != tile.W {
		return nil, fmt.Errorf("%s does not hold %d entries", name, tile.W)
	}
	return entries, nil
}

func checkLog(dir, vkey string) (int64, error) {
	tree, err := checkpoint(dir, vkey)
	if err != nil {
		return 0, err
	}
	hashes := tlog.TileHashReader(tree, folder(dir))
	for n := int64(0); n<<height < tree.N; n++ {
		entries, err := bundle(dir, tree, n)
		if err != nil {
			return 0, err
		}
		for i, entry := range entries {
			index := n<<height + int64(i)
			if err := checkEntry(tree, index, entry, hashes); err != nil {
				return 0, fmt.Errorf("entry %d: %w", index, err)
			}
		}
	}
	return tree.N, nil
}

func checkEntry(tree tlog.Tree, index int64, entry []byte, hashes tlog.HashReader) error {
	proof, err := tlog.ProveRecord(tree.N, index, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	old, err := tlog.TreeHash(index+1, hashes)
	if err != nil {
		return err
	}
	prefix, err := tlog.ProveTree(tree.N, index+1, hashes)
	if err != nil {
		return err
	}
	return tlog.CheckTree(prefix, tree.N, tree.Hash, index+1, old)
}

func run(args []string) error {
	if len(args) < 2 || len(args) == 3 {
		return errors.New("usage: go-note <log folder> <log key line> [<note file> <key line>...]")
	}
	size, err := checkLog(args[0], args[1])
	if err != nil {
		return err
	}
	for i := 3; i < len(args); i++ {
		if _, err := open(args[2], args[i]); err != nil {
			return err
		}
	}
	fmt.Printf("ok: %d entries, %d note signatures\n", size, max(len(args)-3, 0))
	return nil
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "go-note:", err)
		os.Exit(1)
	}
}
