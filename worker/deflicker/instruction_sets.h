// WEFT_FOR_EVERY_VECTOR_UNIT in front of a function compiles it for several x86-64 instruction
// sets; the processor's best one is taken when the program is loaded. Only for functions that
// compute in integers: those give the same answer with every one of them.

#pragma once

// Sanitizers instrument the loader's choice itself, which then runs before they are ready.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define WEFT_FOR_EVERY_VECTOR_UNIT __attribute__((target_clones("default", "avx2")))
#else
#define WEFT_FOR_EVERY_VECTOR_UNIT
#endif

// For the functions called by those above: inlined, they are compiled for the same instruction set.
#define WEFT_ALWAYS_INLINE inline __attribute__((always_inline))
