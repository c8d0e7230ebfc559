// Pictures too large for an autoencoder's memory in one piece, in overlapping tiles.
//
// vae_tiles.h says which pictures, and where the tiles lie. A tile sees itself only, so what the
// autoencoder takes over the whole picture (the norms' statistics, the middle's attention) is taken
// over the tile; over the overlap, two tiles are faded into each other linearly.

#pragma once

#include "worker/models/vae.h"
#include "worker/models/vae_tiles.h"

namespace weft::models {

// As Vae::Encode() and Vae::Decode(), in tiles where IsTiled(). One picture a call.
at::Tensor EncodeTiled(const Vae& vae, const at::Tensor& picture);
at::Tensor DecodeTiled(const Vae& vae, const at::Tensor& latents);

}  // namespace weft::models
