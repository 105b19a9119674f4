# The front door. The build itself is Meson's: meson.build; what each target does stands in HACKING.md.
#
#	make                          build/entente and build/ententd
#	make demo [FILE=...]          the whole story on this machine; installs what the build needs
#	make check [ONLY="unit ..."]  every test, each by name; installs what the tests need
#	make bench                    measurements, into build/bench.json
#	make fuzz [MINUTES=10]        all fuzz targets in turn
#	make tidy                     clang-tidy over the sources
#	make install [PREFIX=/usr/local] [DESTDIR=]
#	make clean

PREFIX ?= /usr/local
DESTDIR ?=
MINUTES ?= 10
FILE ?=
ONLY ?=

.PHONY: all demo check bench fuzz tidy install packages clean

all: build/build.ninja
	@ninja -C build

build/build.ninja:
	@tools/packages --ask build
	meson setup build -Dtests=false --prefix '$(PREFIX)'

packages:
	@tools/packages build

demo: packages all
	@build/entente demo $(if $(FILE),'$(FILE)')

check:
	@tools/packages check
	@tools/check $(ONLY)

bench: packages all
	@bench/run

fuzz:
	@tools/packages check
	@tools/fuzz '$(MINUTES)'

tidy: all
	@tools/tidy

install: all
	@meson configure build -Dprefix='$(PREFIX)'
	meson install -C build $(if $(DESTDIR),--destdir '$(DESTDIR)')

clean:
	rm -rf build build-asan build-clang
