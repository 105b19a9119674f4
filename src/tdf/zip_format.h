/* Numbers of APPNOTE.TXT 4.3 that the reader and the writer share, and little-endian access. */
#ifndef ENT_TDF_ZIP_FORMAT_H
#define ENT_TDF_ZIP_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define ZIP_SIG_LOCAL 0x04034b50u
#define ZIP_SIG_DESCRIPTOR 0x08074b50u
#define ZIP_SIG_CENTRAL 0x02014b50u
#define ZIP_SIG_END64 0x06064b50u
#define ZIP_SIG_LOCATOR 0x07064b50u
#define ZIP_SIG_END 0x06054b50u

#define ZIP_LOCAL_LEN 30
#define ZIP_CENTRAL_LEN 46
#define ZIP_END_LEN 22
#define ZIP_END64_LEN 56
#define ZIP_LOCATOR_LEN 20
#define ZIP_DESCRIPTOR_LEN 16   /* with signature */
#define ZIP_DESCRIPTOR64_LEN 24

#define ZIP_FLAG_DESCRIPTOR 0x0008u /* sizes and CRC stand behind the data */
#define ZIP_FLAG_UTF8 0x0800u
#define ZIP_VERSION_64 45
#define ZIP_EXTRA_64 1
#define ZIP_MARK_16 0xffffu     /* the value stands in the ZIP64 record */
#define ZIP_MARK_32 0xffffffffu
#define ZIP_END64_REST 44       /* ZIP64 end record: its length without signature and length */

static inline uint16_t
zip_u16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
zip_u32(const uint8_t *p)
{
	return (uint32_t)zip_u16(p) | (uint32_t)zip_u16(p + 2) << 16;
}

static inline uint64_t
zip_u64(const uint8_t *p)
{
	return (uint64_t)zip_u32(p) | (uint64_t)zip_u32(p + 4) << 32;
}

#endif
