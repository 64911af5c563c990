// Makes the two calls of a login to Docker Hub by net/http, as the generated Go client does, here to the simulated Hub:
// start `hub-auth sim --port 8080`, then `go run main.go http://127.0.0.1:8080`.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"
)

// UsersLoginRequest is what the first call sends.
type UsersLoginRequest struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// Users2FALoginRequest is what the second call sends.
type Users2FALoginRequest struct {
	Login2faToken string `json:"login_2fa_token"`
	Code          string `json:"code"`
}

// Answer has a token, or what the second call needs.
type Answer struct {
	Token         string `json:"token"`
	Detail        string `json:"detail"`
	Login2faToken string `json:"login_2fa_token"`
}

// A request holds a secret: it goes to no other address, and ends.
var client = http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func post(url string, request any) (answer Answer, status int, err error) {
	body, err := json.Marshal(request)
	if err != nil {
		return answer, 0, err
	}
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return answer, 0, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&answer)
	return answer, response.StatusCode, err
}

func main() {
	base := os.Args[1]
	answer, status, err := post(base+"/v2/users/login", UsersLoginRequest{"alice", "correct horse battery staple"})
	if err != nil {
		log.Fatal(err)
	}
	if answer.Login2faToken != "" {
		// A person reads the code off an authenticator; the simulated Hub tells alice's.
		response, err := client.Get(base + "/_sim/code/alice")
		if err != nil {
			log.Fatal(err)
		}
		code, _ := io.ReadAll(response.Body)
		response.Body.Close()
		answer, status, err = post(base+"/v2/users/2fa-login", Users2FALoginRequest{answer.Login2faToken, string(code)})
		if err != nil {
			log.Fatal(err)
		}
	}
	if answer.Token == "" {
		log.Fatalf("status %d: %s", status, answer.Detail)
	}
	fmt.Println("logged in, with a token of", len(answer.Token), "bytes")
}
