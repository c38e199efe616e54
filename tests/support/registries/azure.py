# SPDX-License-Identifier: Apache-2.0
"""ACR, Azure's: two challenges at once, refresh tokens that are traded in by POST, and a blob
store that refuses who brings credentials."""
from support import canaries
from support.authority import Scoped, TokenEndpoint
from support.problem import problem
from support.registries.hosted import TOKEN, Hosted

HOST = "lab.azurecr.io"
NOBODY = "00000000-0000-0000-0000-000000000000"  # whose password is a refresh token
REFRESH_TOKEN = canaries.secret("eyJhbGciOiJSUzI1NiJ9.refresh.token-of-the-lab")


class AzureContainerRegistry(Hosted):
    title = "Azure (ACR)"
    names = (HOST, "weumanaged1.blob.core.windows.net")
    account = ("lab-reader", canaries.secret("Azure+Admin/Password=0123456789"))

    def __init__(self, ground):
        super().__init__(ground)
        self.registry = self.start_registry(HOST, TOKEN)
        self.start_own_tokens("/oauth2/token", AzureTokens)
        self.tokens.welcomes_strangers = False
        self.tokens.refresh_token = REFRESH_TOKEN
        self.tokens.fields = ("access_token",)
        self.registry.authority = Scoped(
            self.tokens, f'Bearer realm="REALM",service="{HOST}",scope="SCOPE"',
            f'Basic realm="{HOST}"')
        self.move_blobs(self.names[1])


class AzureTokens(TokenEndpoint):
    def give_token(self, request):
        if request.method == "POST" and b"grant_type=refresh_token" not in request.body:
            return problem(400, "UNSUPPORTED", "grant_type is not supported")
        return super().give_token(request)
