package rawjson_test

import (
	"fmt"

	"github.com/reportform/reportform/internal/rawjson"
)

func ExamplePage_Split() {
	var page rawjson.Page
	keys := &rawjson.Keys{Time: "createdDateTime", ID: []string{"id"}}
	data := []byte(`{"value":[{"id":"a1","createdDateTime":"2026-11-09T13:11:00Z"}],"@odata.nextLink":"https:\/\/example.com\/2"}`)
	if err := page.Split(data, keys); err != nil {
		fmt.Println(err)
		return
	}
	for _, item := range page.Items {
		fmt.Printf("%s at %s\n", item.ID[0], item.Time)
	}
	fmt.Println(page.NextLink)
	// Output:
	// "a1" at "2026-11-09T13:11:00Z"
	// https://example.com/2
}

func ExampleCursor() {
	c := rawjson.NewCursor([]byte(`{"user":"ada","roles":["reader","owner"]}`))
	c.Enter()
	for key, ok := c.NextKey(); ok; key, ok = c.NextKey() {
		if c.Kind() != rawjson.Array {
			fmt.Printf("%s is %s\n", key, c.Value())
			continue
		}
		c.Enter()
		for c.NextElement() {
			fmt.Printf("%s has %s\n", key, c.Value())
		}
	}
	// Output:
	// user is "ada"
	// roles has "reader"
	// roles has "owner"
}
