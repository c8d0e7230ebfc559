// A source's picture seen through a field: what the target would look like, made of the source.

#pragma once

#include "worker/deflicker/field.h"
#include "worker/deflicker/padded_image.h"

namespace weft::deflicker {

// Pixel p is the mean, rounded to nearest, of what the patches around it say: for every pixel q of
// the field at most patch_size / 2 away from p, source(field(q) + p - q). Beyond its edge the
// source repeats its edge pixels; pixels beyond the field's edge have no say. REQUIRES: source and
// field have the same size; patch_size is odd, its half at most the padding.
PaddedImage Remap(const PaddedImage& source, const Field& field, int patch_size);

}  // namespace weft::deflicker
