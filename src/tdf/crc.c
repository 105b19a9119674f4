#include "tdf/crc.h"

#include <libdeflate.h>

/*
 * A CRC is a polynomial over GF(2) of degree below 32, here with the coefficient of x^0 in the highest bit, as ZIP has it.
 * Appending n zero bytes multiplies it by x^(8n); the CRC of a concatenation is the shifted CRC of the first part plus that of
 * the second (the inversions at start and end cancel out). So lanes can compute segments apart and in any order.
 */
#define POLYNOMIAL 0xedb88320u
#define ONE 0x80000000u  /* x^0 */
#define X_8 0x00800000u  /* x^8: one byte */

uint32_t
ent_crc_add(uint32_t crc, struct ent_view bytes)
{
	return libdeflate_crc32(crc, bytes.data, bytes.len);
}

static uint32_t
multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (uint32_t term = ONE; term != 0; term >>= 1) {
		if (a & term)
			product ^= b;
		b = b & 1 ? (b >> 1) ^ POLYNOMIAL : b >> 1; /* times x */
	}
	return product;
}

uint32_t
ent_crc_shift(uint64_t len)
{
	uint32_t power = ONE;

	for (uint32_t square = X_8; len != 0; len >>= 1) {
		if (len & 1)
			power = multiply(power, square);
		square = multiply(square, square);
	}
	return power;
}

uint32_t
ent_crc_combine(uint32_t crc_a, uint32_t crc_b, uint32_t shift)
{
	return multiply(crc_a, shift) ^ crc_b;
}
