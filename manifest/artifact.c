/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names for what registries hold besides images: one table.
 *
 * A client that asks where a chart runs should read "a Helm chart", not a media type. What the
 * table does not know is told by its type, so an entry is a courtesy, never a necessity. It decides
 * only where an artifact wears an image's config: by its layers (cosign, BuildKit, Ollama).
 */
#include "manifest/document.h"

enum {
    IN_TYPE = ARTIFACT_IN_TYPE,
    IN_LAYER = ARTIFACT_IN_LAYER,
    IN_ENTRY = ARTIFACT_IN_ENTRY,
    ANYWHERE = IN_TYPE | IN_LAYER | IN_ENTRY
};

static const char attestation[] = "an attestation";
static const char bill_of_materials[] = "an SBOM";
static const char cache[] = "a BuildKit cache";
static const char layers[] = "an index of layers";
static const char model[] = "an AI model";
static const char nameless[] = "an OCI artifact";
static const char webassembly[] = "a WebAssembly module";

/* The first row whose text the type begins with, at a place the row speaks of. A real image's
 * layers may be WebAssembly, so only a config or an artifactType says that it is nothing else. */
static const struct {
    const char *type;
    const char *words;
    int places;
} artifacts[] = {
    {"application/vnd.cncf.helm.", "a Helm chart", ANYWHERE},
    {"application/vnd.dev.cosign.simplesigning.", "a cosign signature", ANYWHERE},
    {"application/vnd.dev.cosign.artifact.sig.", "a cosign signature", ANYWHERE},
    {"application/vnd.dev.cosign.artifact.sbom.", bill_of_materials, ANYWHERE},
    {"application/vnd.dev.sigstore.bundle", "a Sigstore bundle", ANYWHERE},
    {"application/vnd.cncf.notary.signature", "a Notation signature", ANYWHERE},
    {"application/vnd.in-toto", attestation, ANYWHERE},
    {"application/vnd.dsse.envelope.", attestation, ANYWHERE},
    {"application/vnd.docker.attestation.", attestation, ANYWHERE},
    {"application/vnd.buildkit.cacheconfig.", cache, ANYWHERE},
    {"application/spdx", bill_of_materials, ANYWHERE},
    {"text/spdx", bill_of_materials, ANYWHERE},
    {"application/vnd.cyclonedx", bill_of_materials, ANYWHERE},
    {"application/vnd.syft", bill_of_materials, ANYWHERE},
    {"application/vnd.goharbor.harbor.sbom.", bill_of_materials, ANYWHERE},
    {"application/vnd.wasm.", webassembly, IN_TYPE},
    {"application/vnd.module.wasm.", webassembly, IN_TYPE},
    {"application/vnd.bytecodealliance.wasm.", webassembly, IN_TYPE},
    {"application/wasm", webassembly, IN_TYPE},
    {"application/vnd.fermyon.spin.", "a Spin application", IN_TYPE},
    {"application/vnd.ollama.", model, ANYWHERE},
    {"application/vnd.docker.ai.", model, ANYWHERE},
    {"application/vnd.cncf.model.", model, ANYWHERE},
    {"application/vnd.docker.plugin.", "a Docker plugin", IN_TYPE},
    {"application/vnd.docker.compose.", "a Compose project", ANYWHERE},
    {"application/vnd.devcontainers", "a dev container feature", ANYWHERE},
    {"application/vnd.cncf.flux.", "a Flux artifact", ANYWHERE},
    {"application/vnd.cncf.openpolicyagent.", "an Open Policy Agent bundle", ANYWHERE},
    {"application/vnd.aquasec.trivy.", "a Trivy database", ANYWHERE},
    {"application/vnd.cnab.", "a CNAB bundle", ANYWHERE},
    {"application/vnd.sylabs.sif.", "a Singularity image", ANYWHERE},
    {"application/vnd.unknown.config.", nameless, IN_TYPE},
    {"application/vnd.oci.empty.", nameless, IN_TYPE},
    {"application/vnd.oci.image.layer.", layers, IN_ENTRY},
    {"application/vnd.docker.image.rootfs.", layers, IN_ENTRY},
};

const char *artifact_words(struct slice type, enum artifact_place place)
{
    if (type.length == 0)
        return NULL;
    for (size_t i = 0; i < sizeof(artifacts) / sizeof(artifacts[0]); i++) {
        struct slice start = slice_from_string(artifacts[i].type);
        if ((artifacts[i].places & (int)place) &&
            slice_equal_ignoring_case(slice_until(type, start.length), start))
            return artifacts[i].words;
    }
    return NULL;
}

bool artifact_is_attestation(struct slice type)
{
    return artifact_words(type, ARTIFACT_IN_TYPE) == attestation;
}
