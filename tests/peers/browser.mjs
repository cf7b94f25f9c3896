// A browser as far as signing in and giving leave needs one: cookies, redirects, our forms.
const HIDDEN = /<input type="hidden" name="([^"]+)" value="([^"]*)"/g

const plain = (text) =>
  text.replaceAll('&amp;', '&').replaceAll('&#34;', '"').replaceAll('&#39;', "'")

export class Browser {
  constructor(home, who) {
    this.home = home
    this.who = who
    this.cookies = new Map()
  }

  // Follows redirects and "go on" pages as long as they stay here; then gives {location}.
  async get(address, init = {}) {
    let there = new URL(address, this.home)
    for (let steps = 0; steps < 20; steps++) {
      if (there.origin !== new URL(this.home).origin) return { location: there.href }
      const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
      const headers = { Accept: 'text/html', Referer: there.href, ...init.headers, Cookie: cookie }
      const answer = await fetch(there, { ...init, headers, redirect: 'manual' })
      for (const one of answer.headers.getSetCookie()) {
        const [name, value] = one.split(';')[0].split('=')
        this.cookies.set(name, value)
      }
      const text = await answer.text()
      const onwards = /http-equiv="refresh" content="\d+; ?url=([^"]+)"/i.exec(text)?.[1]
      const next = answer.headers.get('location') ?? (onwards && plain(onwards))
      if (!next) return { status: answer.status, text, url: there.href }
      there = new URL(next, there)
      init = {}
    }
    throw new Error('a loop of redirects')
  }

  async send(page, fields, action) {
    const main = page.text.slice(page.text.indexOf('<main'))
    const named = /<form method="post" action="([^"]*)"/.exec(main)?.[1]
    const hidden = Object.fromEntries([...main.matchAll(HIDDEN)].map((one) => [one[1], plain(one[2])]))
    const body = new URLSearchParams({ ...hidden, ...fields })
    return this.get(new URL(action ?? (named ? plain(named) : page.url), page.url), { method: 'POST', body })
  }

  // Signs in if asked to, lets the program act if asked to; gives the address it comes back to.
  async allow(address) {
    let page = await this.get(address)
    for (let steps = 0; steps < 5 && !page.location; steps++) {
      if (page.text.includes('name="password"')) page = await this.send(page, this.who)
      else if (page.text.includes('value="allow"')) page = await this.send(page, { decision: 'allow' })
      else throw new Error(`a page nobody expected (${page.status}): ${/<h1[^>]*>([^<]*)/.exec(page.text)?.[1]} ${/<main[^]*/.exec(page.text)?.[0].replace(/<[^>]*>/g,' ').replace(/\s+/g,' ').slice(0,300)}`)
    }
    if (!page.location) throw new Error('did not come back')
    return page.location
  }
}
