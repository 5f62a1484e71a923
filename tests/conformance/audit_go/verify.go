// Verifies a log that audit_go_log wrote with golang.org/x/mod/sumdb/{note,tlog}: signatures, tiles, entries, inclusion
// and consistency proofs. Two things differ from that package's own logs: a checkpoint's first line is the log's origin,
// not "go.sum database tree", and a tile's path does not name the height.
//
// Usage: verify DIR. One line says what was verified; exit code 1 and what is wrong otherwise.
package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io/ioutil"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type export struct{ root string }

func check(err error, what string) {
	if err != nil {
		fmt.Printf("%s: %v\n", what, err)
		os.Exit(1)
	}
}

func require(good bool, what string) {
	if !good {
		fmt.Println(what)
		os.Exit(1)
	}
}

func (e export) read(name string) []byte {
	data, err := ioutil.ReadFile(filepath.Join(e.root, name))
	check(err, name)
	return data
}

func (e export) Height() int { return height }

func (e export) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", height), "tile/", 1)
		data, err := ioutil.ReadFile(filepath.Join(e.root, path))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (e export) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

// The checkpoint in a file: opened by note, its tree read by tlog.
func (e export) checkpoint(name string, verifier note.Verifier) (*note.Note, tlog.Tree) {
	opened, err := note.Open(e.read(name), note.VerifierList(verifier))
	check(err, name)
	require(len(opened.Sigs) == 1, name+": not signed by the log's key")
	origin := verifier.Name() + "\n"
	require(strings.HasPrefix(opened.Text, origin), name+": another origin")
	tree, err := tlog.ParseTree([]byte("go.sum database tree\n" + strings.TrimPrefix(opened.Text, origin)))
	check(err, name)
	return opened, tree
}

// Go signs the same text with our private key, and gets the same note, byte by byte.
func (e export) resign(name string, opened *note.Note) {
	signer, err := note.NewSigner(string(e.read("log.key")))
	check(err, "log.key")
	again, err := note.Sign(&note.Note{Text: opened.Text}, signer)
	check(err, "note.Sign")
	require(bytes.Equal(again, e.read(name)), "note.Sign gives another note than the service")
}

// The package knows no cosignatures: what it leaves unverified is verified here with crypto/ed25519.
func (e export) cosignature(opened *note.Note) {
	parts := strings.SplitN(string(e.read("witness.vkey")), "+", 3)
	require(len(parts) == 3, "witness.vkey: not three parts")
	key, err := base64.StdEncoding.DecodeString(parts[2])
	check(err, "witness.vkey")
	require(len(key) == 33 && key[0] == 4, "witness.vkey: not a key for cosignature/v1")
	require(len(opened.UnverifiedSigs) == 1 && opened.UnverifiedSigs[0].Name == parts[0], "not cosigned by the witness")
	signature, err := base64.StdEncoding.DecodeString(opened.UnverifiedSigs[0].Base64)
	check(err, "cosignature")
	require(len(signature) == 4+8+64, "cosignature: not 76 bytes")
	require(fmt.Sprintf("%08x", binary.BigEndian.Uint32(signature)) == parts[1], "cosignature: another key id")
	message := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature[4:]), opened.Text)
	require(ed25519.Verify(key[1:], []byte(message), signature[12:]), "cosignature: does not verify")
}

// All hashes of the log, made by tlog from the entries alone: its root must be the checkpoint's, and then everything
// that follows from them is known to be right.
func (e export) entries(tree tlog.Tree) tlog.HashReader {
	var stored []tlog.Hash
	hashes := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var all []tlog.Hash
		for _, index := range indexes {
			all = append(all, stored[index])
		}
		return all, nil
	})
	for first := int64(0); first < tree.N; first += 1 << height {
		width := int64(1 << height)
		if tree.N-first < width {
			width = tree.N - first
		}
		tile := tlog.Tile{H: height, L: 0, N: first >> height, W: int(width)}
		path := strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/0/", height), "tile/entries/", 1)
		bundle := e.read(path)
		for i := int64(0); i < width; i++ {
			require(len(bundle) >= 2, path+": cut off")
			size := 2 + int(binary.BigEndian.Uint16(bundle))
			require(len(bundle) >= size, path+": cut off")
			more, err := tlog.StoredHashes(first+i, bundle[2:size], hashes)
			check(err, path)
			stored = append(stored, more...)
			bundle = bundle[size:]
		}
		require(len(bundle) == 0, path+": more than its entries")
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	check(err, "root")
	require(root == tree.Hash, "the entries have another root than the checkpoint")
	return hashes
}

// Each tile that a tree has is there, and has the bytes that tlog would give it.
func (e export) tiles(tree tlog.Tree, hashes tlog.HashReader) int {
	count := 0
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		// Of a partial tile, tlog lists every width that it ever had.
		if tile.W < 1<<height && int64(tile.W) != tree.N>>(height*uint(tile.L))%(1<<height) {
			continue
		}
		count++
		want, err := tlog.ReadTileData(tile, hashes)
		check(err, tile.Path())
		got, err := e.ReadTiles([]tlog.Tile{tile})
		check(err, tile.Path())
		require(bytes.Equal(got[0], want), tile.Path()+" is another tile")
	}
	return count
}

// Each of our proofs holds, and is the one that Go makes of the same tiles.
func (e export) proofs(tree tlog.Tree, hashes tlog.HashReader) int {
	lines := strings.Split(strings.TrimSuffix(string(e.read("proofs")), "\n"), "\n")
	for _, line := range lines {
		words := strings.Fields(line)
		require(len(words) >= 3, "proofs: "+line)
		from, err := strconv.ParseInt(words[1], 10, 64)
		check(err, line)
		to, err := strconv.ParseInt(words[2], 10, 64)
		check(err, line)
		require(to == tree.N, "a proof in another tree: "+line)
		proof := []tlog.Hash{}
		for _, word := range words[3:] {
			hash, err := tlog.ParseHash(word)
			check(err, line)
			proof = append(proof, hash)
		}
		var own []tlog.Hash
		if words[0] == "inclusion" {
			leaf, err := hashes.ReadHashes([]int64{tlog.StoredHashIndex(0, from)})
			check(err, line)
			check(tlog.CheckRecord(proof, to, tree.Hash, from, leaf[0]), line)
			own, err = tlog.ProveRecord(to, from, hashes)
			check(err, line)
		} else {
			old, err := tlog.TreeHash(from, hashes)
			check(err, line)
			check(tlog.CheckTree(proof, to, tree.Hash, from, old), line)
			own, err = tlog.ProveTree(to, from, hashes)
			check(err, line)
		}
		require(fmt.Sprint(own) == fmt.Sprint(proof), "Go's proof is another: "+line)
	}
	return len(lines)
}

func main() {
	e := export{os.Args[1]}
	verifier, err := note.NewVerifier(string(e.read("log.vkey")))
	check(err, "log.vkey")
	opened, tree := e.checkpoint("checkpoint", verifier)
	e.cosignature(opened)
	hashes := e.entries(tree)
	tiles := e.tiles(tree, hashes)

	opened, before := e.checkpoint("before", verifier)
	e.resign("before", opened)
	tiles += e.tiles(before, hashes)
	proof, err := tlog.ProveTree(tree.N, before.N, tlog.TileHashReader(tree, e))
	check(err, "before")
	check(tlog.CheckTree(proof, tree.N, tree.Hash, before.N, before.Hash), "before: not a prefix")

	proofs := e.proofs(tree, hashes)
	fmt.Printf("%d entries, %d tiles, %d proofs, 2 checkpoints, 1 cosignature\n", tree.N, tiles, proofs)
}
